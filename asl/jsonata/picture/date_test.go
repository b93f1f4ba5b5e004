package picture

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	leapDay    = 1709210096789.0 // 2024-02-29T12:34:56.789Z, a Thursday
	newYear    = 1104537600000.0 // 2005-01-01T00:00:00Z, in the last week of 2004
	beforeZero = -62200000000000.0
)

func TestFromMillis(t *testing.T) {
	for _, tt := range []struct {
		name              string
		millis            float64
		picture, timezone string
		want              result
	}{
		{"default", leapDay, "", "", result{text: "2024-02-29T12:34:56.789Z"}},
		{"default with time zone", leapDay, "", "+0530", result{text: "2024-02-29T18:04:56.789+05:30"}},
		{"fractions are cut", 0.9, "", "", result{text: "1970-01-01T00:00:00.000Z"}},
		{"before 1970", -1, "", "", result{text: "1969-12-31T23:59:59.999Z"}},
		{"negative year", beforeZero, "[Y]", "", result{text: "-2"}},
		{"words", leapDay, "[FNn], [D1o] of [MNn], [YWw]", "", result{text: "Thursday, 29th of February, Two Thousand and Twenty-Four"}},
		{"ordinal words", leapDay, "[Dwo] [MN,*-3]", "", result{text: "twenty-ninth FEB"}},
		{"names", leapDay, "[F] [FN] [Fn,2-2] [xNn]", "", result{text: "thursday THURSDAY th February"}},
		{"widths", leapDay, "[Y,2-2] [Y,*-3] [M,3] [D,5-5] [Y,6]", "", result{text: "24 024 002 00029 002024"}},
		{"two digits", leapDay, "[Y01]", "", result{text: "24"}},
		{"Roman", leapDay, "[DI] [Mi] [YA]", "", result{text: "XXIX ii BYV"}},
		{"days and weeks", leapDay, "[d] [F1] [W] [w] [X] [x]", "", result{text: "60 4 9 5 2024 2"}},
		{"week of the year before", newYear, "[X]-[W01]-[F1] [x] [w]", "", result{text: "2004-53-6 12 5"}},
		{"hours", leapDay, "[H01] [h] [P] [PN]", "", result{text: "12 12 pm PM"}},
		{"midnight", 0, "[H] [h] [P]", "", result{text: "0 12 am"}},
		{"minutes and seconds", 0, "[m] [s] [m1] [f] [f001]", "", result{text: "00 00 0 0 000"}},
		{"calendar and era", 0, "[C] [E]", "", result{text: "ISO ISO"}},
		{"brackets", 0, "[[[Y]]] ]]", "", result{text: "[1970] ]"}},
		{"space in a marker", 0, "[ Y\n0001 ]", "", result{text: "1970"}},
		{"zones", 0, "[Z] [z] [Z0] [Z0000] [Z00:00t] [z0]", "+0530", result{text: "+05:30 GMT+05:30 +5:30 +0530 +05:30 GMT+5:30"}},
		{"whole hours", 0, "[Z0] [Z00] [Z000]", "+0200", result{text: "+2 +02 +200"}},
		{"UTC", 0, "[Z] [Zt] [z0t]", "", result{code: "D3134"}},
		{"UTC as Z", 0, "[Z0t] [z01:01t]", "", result{text: "Z Z"}},
		{"negative zone", 0, "[Z] [H01]", "-0500", result{text: "-05:00 19"}},
		{"negative zone with minutes", 0, "[Z] [H01]:[m01]", "-0530", result{text: "-06:30 17:30"}}, // as the original
		{"unknown component with a modifier", 0, "[q1]", "", result{text: "undefined"}},             // as the original
		{"comma as a component", 0, "[,5]", "", result{text: "undefined"}},
		{"zone is no number", 0, "[Y0001]-[M]", "UTC", result{text: "0NaN-NaN"}},
		{"out of range", 8.64e15 + 1, "[Y] [P]", "", result{text: "NaN am"}},
		{"first time, the year cut to four digits", -8.64e15, "", "", result{text: "-1821-04-20T00:00:00.000Z"}},
		{"last time", 8.64e15, "[X] [W] [x] [w] [d]", "", result{text: "275760 37 9 2 257"}},

		{"sequence", 0, "[Yα]", "", result{code: "D3130"}},
		{"two scripts", 0, "[Y0१]", "", result{code: "D3131"}},
		{"two scripts in a zone", 0, "[Z0१]", "", result{code: "D3131"}},
		{"unknown component", 0, "[q]", "", result{code: "D3132"}},
		{"empty marker", 0, "[]", "", result{code: "D3132"}},
		{"empty modifier", 0, "[,,3]", "", result{code: "D3132"}},
		{"name of a year", 0, "[YN]", "", result{code: "D3133"}},
		{"zone with five digits", 0, "[Z00000]", "", result{code: "D3134"}},
		{"zone as a name", 0, "[ZN]", "", result{code: "D3134"}},
		{"open bracket", 0, "[Y", "", result{code: "D3135"}},
		{"name out of range", math.Inf(1), "[FN]", "", result{code: none}},
		{"width", 0, "[Y,1001]", "", result{code: none}},
		{"greatest width", 0, "[Y,*-1001]", "", result{code: none}},
		{"long picture", 0, strings.Repeat("x", MaxPicture+1), "", result{code: none}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := FromMillis(tt.millis, tt.picture, tt.timezone)
			check(t, got, err, tt.want)
		})
	}
}

// Weeks belong to the year and the month that hold their Thursday.
func TestWeeks(t *testing.T) {
	for millis, want := range map[float64]string{
		1546214400000:   "2018-12-31 X2019 W1 x1 w1 d365 F1",
		1451779200000:   "2016-1-3 X2015 W53 x12 w5 d3 F7",
		1622419200000:   "2021-5-31 X2021 W22 x6 w1 d151 F1",
		1619827200000:   "2021-5-1 X2021 W17 x4 w5 d121 F6",
		1640908800000:   "2021-12-31 X2021 W52 x12 w5 d365 F5",
		1609372800000:   "2020-12-31 X2020 W53 x12 w5 d366 F4",
		-60575040000000: "50-6-15 X49 W24 x5 w3 d166 F3", // as the original, which takes the weeks of 1950
		-62167219200000: "0-1-1 X-1 W1 x12 w1 d1 F6",     // the same
		-62300000000000: "-5-10-17 X-5 W42 x10 w3 d290 F2",
	} {
		got, err := FromMillis(millis, "[Y]-[M]-[D] X[X] W[W] x[x] w[w] d[d] F[F1]", "")
		if err != nil || got != want {
			t.Errorf("%v is %q (%v), want %q", millis, got, err, want)
		}
	}
}

func TestToMillisISO(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		text string
		want float64
		code string
	}{
		{text: "1970", want: 0},
		{text: "1970Z", want: 0},
		{text: "1970-02", want: 31 * millisPerDay},
		{text: "1970-02-01", want: 31 * millisPerDay},
		{text: "1970-02-01Z", want: 31 * millisPerDay},
		{text: "1970-02-31", want: 61 * millisPerDay},
		{text: "0001-01-01", want: -62135596800000},
		{text: "2024-02-29T12:34:56.789Z", want: leapDay},
		{text: "2024-02-29T12:34:56.7891Z", want: leapDay},
		{text: "2024-02-29T12:34:56.7", want: leapDay - 89},
		{text: "2024-02-29T18:04:56.789+05:30", want: leapDay},
		{text: "2024-02-29T18:04:56.789+0530", want: leapDay},
		{text: "2024-02-29T07:04:56.789-05:30", want: leapDay},
		{text: "1970T01:00:00", want: 3600000},
		{text: "1970-01-01T24:00:00", want: millisPerDay},
		{text: "1970-01-01T24:00:01", want: nan},
		{text: "1970-01-01T00:00:00+24:00", want: nan},
		{text: "1970-13-01", want: nan},
		{text: "1970-00-01", want: nan},
		{text: "1970-01-32", want: nan},
		{text: "1970-01-01-01", want: nan},
		{text: "1970.5", want: nan},
		{text: "", code: "D3110"},
		{text: "now", code: "D3110"},
		{text: "1970-01-01T10:20", code: "D3110"},
		{text: "1970-01-01 10:20:30", code: "D3110"},
		{text: "70-01-01", code: "D3110"},
		{text: "1970-01-01T00:00:00.Z", code: "D3110"},
		{text: "1970\n", code: "D3110"},
		{text: strings.Repeat("1", MaxTimestamp+1), code: none},
	} {
		t.Run(short(tt.text), func(t *testing.T) {
			got, ok, err := ToMillis(tt.text, "")
			if tt.code != "" {
				wantCode(t, err, tt.code)
				return
			}
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			wantNumber(t, got, tt.want)
		})
	}
}

func TestToMillis(t *testing.T) {
	const now = leapDay
	today := now - 45296789.0
	nan := math.NaN()
	for _, tt := range []struct {
		text, picture string
		want          float64
		code          string // "no match" where there is no result
	}{
		{text: "29.2.2024", picture: "[D].[M].[Y]", want: today},
		{text: "2024-02-29 12:34:56.789", picture: "[Y0001]-[M01]-[D01] [H01]:[m01]:[s01].[f001]", want: now},
		{text: "20240229", picture: "[Y0001][M01][D01]", want: today},
		{text: "29th of february, 2024", picture: "[D1o] of [MNn], [Y]", code: "D3136"}, // as the original: no such name
		{text: "29TH OF February, 2024", picture: "[D1o] of [MNn], [Y]", want: today},
		{text: "Thu 29 Feb 2024", picture: "[FNn,*-3] [D] [MNn,*-3] [Y]", want: today},
		{text: "twenty-ninth February two thousand and twenty-four", picture: "[Dwo] [MNn] [Yw]", want: today},
		{text: "XXIX/ii/BYV", picture: "[DI]/[Mi]/[YA]", want: today},
		{text: "2024-060", picture: "[Y0001]-[d001]", want: today},
		{text: "2024-02-29 12:34 pm", picture: "[Y]-[M]-[D] [h]:[m] [P]", want: now - 56789},
		{text: "2024-02-29 12:34 AM", picture: "[Y]-[M]-[D] [h]:[m] [PN]", want: today + 34*60000},
		{text: "2024-02-29 18:04+05:30", picture: "[Y]-[M]-[D] [H]:[m][Z]", want: now - 56789},
		{text: "2024-02-29 18:04+0530", picture: "[Y]-[M]-[D] [H]:[m][Z0000]", want: now - 56789},
		{text: "2024-02-29 10:34gmt-02", picture: "[Y]-[M]-[D] [H]:[m][z0]", want: now - 56789},
		{text: "00:00+1", picture: "[H]:[m][Z0]", want: today - 3600000},
		{text: "12:34", picture: "[H]:[m]", want: now - 56789},
		{text: "56.789", picture: "[s].[f]", want: now},
		{text: "7:00", picture: "[h]:[m]", want: today + 7*3600000},
		{text: "3", picture: "[M]", want: today + millisPerDay},
		{text: "1", picture: "[F1]", want: now}, // nothing of it is used
		{text: "2024", picture: "[Y]", want: today - 59*millisPerDay},
		{text: "24", picture: "[Y01]", want: -1451692800000}, // 1924
		{text: "2024 25:61", picture: "[Y] [H]:[m]", code: "D3136"},
		{text: "1.1.2024 25:61", picture: "[D].[M].[Y] [H]:[m]", want: today - 58*millisPerDay + 61*60000 + 3600000},
		{text: "Nonember", picture: "[MNn]", want: now}, // no such name, as if it were not there
		{text: "2024 -- 29 2", picture: "[Y] -- [D] [D]", code: "D3136"},
		{text: "[2024]", picture: "[[[Y]]]", want: today - 59*millisPerDay},
		{text: "iv", picture: "[YI]", want: nan},

		{text: "2024", picture: "[M01]", code: "no match"},
		{text: "2024-1-1", picture: "[Y]-[M01]-[D01]", code: "no match"},
		{text: "2024", picture: "2024", code: "no match"},
		{text: "2024", picture: "[Y,*-1#]", code: "no match"},
		{text: "7", picture: "[Y####0,*-2]", code: "no match"},
		{text: "K", picture: "k[Y]", code: "no match"},
		{text: "7", picture: "[Yα]", code: "D3130"},
		{text: "7", picture: "[Y0१]", code: "D3131"},
		{text: "7", picture: "[q]", code: "D3132"},
		{text: "ISO", picture: "[C]", code: "D3133"},
		{text: "7", picture: "[YN]", code: "D3133"},
		{text: "7", picture: "[Y", code: "D3135"},
		{text: "2024-W09-4", picture: "[X]-W[W01]-[F1]", code: "D3136"},
		{text: "2024-2-5-4", picture: "[X]-[x]-[w]-[F1]", code: "D3136"},
		{text: "2024 10", picture: "[Y] [m]", code: "D3136"},
		{text: "2024-060 10", picture: "[Y]-[d] [H]", code: "D3136"}, // as the original
		{text: "7", picture: "[Y१]", code: none},
	} {
		t.Run(tt.text+" as "+tt.picture, func(t *testing.T) {
			got, ok, err := ToMillisAt(tt.text, tt.picture, now)
			switch {
			case tt.code == "no match":
				if ok || err != nil {
					t.Fatal(got, ok, err)
				}
			case tt.code != "":
				wantCode(t, err, tt.code)
			case err != nil || !ok:
				t.Fatal(ok, err)
			default:
				wantNumber(t, got, tt.want)
			}
		})
	}
}

// Every day of many years is read again from what was written.
func TestDatesRoundTrip(t *testing.T) {
	for _, picture := range []string{
		"", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z]", "[FNn], [Dwo] [MNn] [YWw], [h]:[m01]:[s01].[f1] [PN] [z0000]", "[Y]/[M]/[D] [H]:[m]:[s]+[f]",
	} {
		for millis := 1e12 + 1; millis < 2e12; millis += 1.2345 * millisPerDay {
			millis := math.Trunc(millis)
			text, err := FromMillis(millis, picture, "+0530")
			if err != nil {
				t.Fatal(err)
			}
			got, ok, err := ToMillis(text, picture)
			if picture != "" && !strings.ContainsAny(picture, "Zz") {
				got -= 5.5 * 3600000 // the picture has no zone
			}
			if err != nil || !ok || got != millis {
				t.Fatalf("%v as %q is %q, which reads as %v (%v, %v)", millis, picture, text, got, ok, err)
			}
		}
	}
}

// TestPlainTimestamps holds the short ways for most timestamps against the long ones.
func TestPlainTimestamps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		millis := math.Trunc((r.Float64()*1.02 - 0.21) * 2.6e14) // some before the year 0, and after 9999
		short, err := FromMillis(millis, "", "")
		long, err2 := FromMillis(millis, isoPicture, "")
		if err != nil || err2 != nil || short != long {
			t.Fatalf("%v is %q %v and %q %v", millis, short, err, long, err2)
		}
		for _, text := range []string{short, strings.Replace(short, short[max(0, len(short)-5):], "Z", 1)} {
			if r.IntN(3) == 0 { // damaged, mostly into another time
				i := r.IntN(len(text))
				text = text[:i] + string("0123456789-:TZ. "[r.IntN(16)]) + text[i+1:]
			}
			read, ok := parsePlainISO(text)
			want, err := parseAnyISO(text)
			if ok && (err != nil || read != want) {
				t.Fatalf("%q is %v, and %v %v", text, read, want, err)
			}
		}
	}
}
