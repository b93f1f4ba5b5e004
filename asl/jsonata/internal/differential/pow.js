// pow is Math.pow to the nearest number: the engine's own is off by one in the last place now and then. It computes with numbers that
// are the sum of two, as package jsonata does, of which it shares no code.
const pow = (() => {
  const sum = (a, b) => { const s = a + b, t = s - a; return [s, (a - (s - t)) + (b - t)]; };
  const split = a => { const t = 134217729 * a, h = t - (t - a); return [h, a - h]; };
  const times = (a, b) => {
    const p = a * b, [ah, al] = split(a), [bh, bl] = split(b);
    return [p, ((ah * bh - p) + ah * bl + al * bh) + al * bl];
  };
  const add = ([a, b], [c, d]) => { const [s, e] = sum(a, c), [f, g] = sum(b, d), [h, i] = sum(s, e + f); return sum(h, i + g); };
  const mul = ([a, b], [c, d]) => { const [p, e] = times(a, c); return sum(p, e + (a * d + b * c)); };
  const div = (a, b) => {
    let q = [0, 0], r = a;
    for (let i = 0; i < 3; i++) {
      const d = r[0] / b[0];
      q = add(q, [d, 0]);
      r = add(r, mul(b, [-d, 0]));
    }
    return q;
  };
  const one = [1, 0], ln2 = [0.6931471805599453, 2.3190468138462996e-17];
  const log = x => {
    const e = Math.round(Math.log2(x)), m = x / 2 ** e, s = div(sum(m, -1), sum(m, 1)), square = mul(s, s);
    let total = [0, 0];
    for (let n = 45; n >= 1; n -= 2) total = add(mul(total, square), div(one, [n, 0]));
    return add(mul(mul(total, s), [2, 0]), mul(ln2, [e, 0]));
  };
  const exp = a => {
    const k = Math.round(a[0] / ln2[0]), [h, l] = add(a, mul(ln2, [-k, 0])), r = [h / 256, l / 256];
    let total = one;
    for (let n = 11; n >= 2; n--) total = add(div(mul(total, r), [n, 0]), one);
    total = mul(total, r);
    for (let i = 0; i < 8; i++) total = mul(total, add(total, [2, 0]));
    return add(total, one)[0] * 2 ** k;
  };
  const whole = (x, n) => {
    let z = one;
    for (let square = [x, 0]; n > 0; n = Math.floor(n / 2)) {
      if (n % 2) z = mul(z, square);
      if (n > 1) square = mul(square, square);
    }
    return z;
  };
  return (x, y) => {
    const result = Math.pow(x, y), size = Math.abs(result), n = Math.abs(y), a = Math.abs(x);
    if (!(size >= 2 ** -900 && size <= 2 ** 900) || !(a >= 2 ** -900 && a <= 2 ** 900) || y === 0) return result;
    const exact = n <= 1024 && Number.isInteger(n) ? (y > 0 ? whole(a, n) : div(one, whole(a, n)))[0] : exp(mul(log(a), [y, 0]));
    return Math.abs(exact - size) <= size / 2 ? Math.sign(result) * exact : result;
  };
})();
