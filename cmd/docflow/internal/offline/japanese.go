package offline

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ikawaha/kagome-dict/ipa"
	"github.com/ikawaha/kagome/v2/tokenizer"
)

// The dictionary takes the better part of a second and some 75 MB to load, so it is
// loaded when the first Japanese text comes, and shared by all models of the process.
// DictShrink is the dictionary without readings and base forms: surfaces and parts of
// speech are all that is used here.
var kagome = sync.OnceValues(func() (*tokenizer.Tokenizer, error) {
	return tokenizer.New(ipa.DictShrink(), tokenizer.OmitBosEos())
})

// morpheme is a Japanese word with its part of speech in the IPA dictionary's terms.
type morpheme struct {
	surface string
	pos     [3]string
}

// morphemes segments one sentence.
func morphemes(text string) ([]morpheme, error) {
	t, err := kagome()
	if err != nil {
		return nil, err
	}
	tokens := t.Tokenize(text)
	out := make([]morpheme, len(tokens))
	for i, token := range tokens {
		out[i].surface = token.Surface
		copy(out[i].pos[:], token.POS())
	}
	return out, nil
}

// content tells a word that carries a topic.
func (m morpheme) content() bool {
	switch m.pos[0] {
	case "名詞":
		return m.noun() && !japaneseStopWords[m.surface]
	case "動詞", "形容詞":
		return m.pos[1] == "自立" && utf8.RuneCountInString(m.surface) > 1 && !japaneseStopWords[m.surface]
	default:
		return false
	}
}

// noun tells a noun that may be part of a term: no pronoun, number or empty noun.
func (m morpheme) noun() bool {
	if m.pos[0] != "名詞" || isNumber(m.surface) {
		return false
	}
	switch m.pos[1] {
	case "一般", "サ変接続", "固有名詞", "形容動詞語幹", "ナイ形容詞語幹":
		return true
	default:
		return false
	}
}

// suffix tells a noun suffix such as 率 or 所, which belongs to the noun before it.
func (m morpheme) suffix() bool {
	return m.pos[0] == "名詞" && m.pos[1] == "接尾" && (m.pos[2] == "一般" || m.pos[2] == "サ変接続" || m.pos[2] == "地域") &&
		!strings.ContainsAny(m.surface, "様方達等さん")
}

// prefix tells a noun prefix such as 新 or 再.
func (m morpheme) prefix() bool {
	return m.pos[0] == "接頭詞" && m.pos[1] == "名詞接続" && !isHonorific(m.surface)
}

func isHonorific(surface string) bool {
	return surface == "お" || surface == "ご" || surface == "御"
}

// needsDictionary tells that a text is written without spaces between words.
func needsDictionary(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return isKana(r) || unicode.Is(unicode.Han, r) })
}

var japaneseStopWords = wordSet(`
こと もの ところ とき ため よう それ これ あれ ここ そこ 場合 以上 以下 以前 以後 今回 今後 前回 次回 今日 本日 昨日 明日 現在 最近 当日 先日 毎日 毎朝 毎回
全体 全部 一部 一方 大半 大部分 部分 場所 時間 時期 期間 日間 回数 人数 結果 内容 理由 方法 状況 状態 必要 可能 予定 関係 関係者 各位 皆様 皆さま 方々 お客様
意見 声 項目 件 点 分 上 下 中 前 後 内 外 間 際 他 他方 特 主 多く 少し 多数 最大 最高 最低 最も 非常 大変 十分 大きな 小さな 新た
三つ 二つ 一つ いくつ 問題 満足 期待 今週 来週 する した して され される いる いた ある あった なる なった できる できた 思う 言う 述べ 行う 行っ 行い 行わ 合計 平均 目標 前年 前年同期 今期 同期 同じ 別々 次 年度
心 厳しい 良い 悪い 大きい 小さい 高い 低い 長い 短い 新しい 古い 多い 少ない 繰り返し 受け 取り組み 案内 連絡 質問 拝啓 敬具 貴社 弊社 当社 ますます 清栄 喜び
作成 実施 説明 まとめ 概要 提案 成果 課題 確認 対応 担当 拡大 困難 準備 申し訳 注文 お送り 代わり 負担 原因 不足 報告 発送 感謝 協力 提出 本 第 章 節 うち 今 日 月 年 時 週 誰 何 方 者 人
`)
