package zikr

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	for _, tt := range []struct{ what, in, want string }{
		{"plain", "Friday readers", "Friday readers"},
		{"spaces around", "  \t Ali\u00a0\u2003 ", "Ali"},
		{"invisible around", "\ufeff\u200bAli\u2060\u200b", "Ali"},
		{"decomposed", "O\u02bbktam Jo\u0308ra", "O\u02bbktam J\u00f6ra"},
		{"Cyrillic decomposed", "Сайи\u0306д", "Сайй" + "д"},
		{"Arabic with harakat", "سُبْحَانَ اللَّهِ", norm.NFC.String("سُبْحَانَ اللَّهِ")},
		{"ZWNJ in a word", "می\u200cخواهم", "می\u200cخواهم"},
		{"ZWJ at the end of an abbreviation", "١٤٤٧ ه\u200d", "١٤٤٧ ه\u200d"},
		{"ZWJ in an emoji", "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"},
		{"a flag of tags", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"},
		{"emoji with skin and variation", "🤲🏽 ❤\ufe0f", "🤲🏽 ❤\ufe0f"},
		{"only an emoji", "🌙", "🌙"},
		{"a mark that tells the direction", "\u200fAli (علي)\u200e", "\u200fAli (علي)\u200e"},
		{"an isolate as contacts paste it", "\u2068علي\u2069", "\u2068علي\u2069"},
		{"isolates in each other", "\u2067a\u2066b\u2069c\u2069", "\u2067a\u2066b\u2069c\u2069"},
		{"half an isolate", "\u2068Ali", "Ali"},
		{"half an embedding, as file names have it", "\u202aAli", "Ali"},
		{"an end without a beginning", "Ali\u2069 Vali", "Ali Vali"},
		{"ended in the wrong order", "\u2067a\u202ab\u2069c\u202c", "abc"},
		{"an isolate over two lines", "\u2067a\nb\u2069", "a\nb"},
		{"line ends of every kind", "a\r\nb\rc\u2028d\u2029e\u0085f\ng", "a\nb\nc\nd\ne\nf\ng"},
		{"an empty line", "a\n\nb", "a\n\nb"},
		{"a tab", "a\tb", "a b"},
		{"nothing", "", ""},
		{"spaces only", " \u3000\u00a0", ""},
		{"zero width only", "\u200b\u200d\u200c\ufeff\u2060", ""},
		{"direction marks only", "\u200e\u200f\u061c", ""},
		{"Hangul fillers only", "\u3164\u115f\uffa0", ""},
		{"an empty Braille pattern", "\u2800", ""},
		{"marks without a letter", "\u0301\u064e", ""},
		{"an isolate around nothing", "\u2068\u2069", ""},
	} {
		got, err := text("text", tt.in, maxText)
		if err != nil || got != tt.want {
			t.Errorf("%s: %+q is %+q, %v; want %+q", tt.what, tt.in, got, err, tt.want)
		}
	}
}

func TestTextsThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ in, word string }{
		{"a\x00b", "U+0000"},
		{"a\xffb", "broken UTF-8"},
		{"a\x1b[31mb", "U+001B"},
		{"a\x07b", "U+0007"},
		{"a\x0bb", "U+000B"},
		{"a\x7fb", "U+007F"},
		{"a\u009bb", "U+009B"},
		{"moc\u202e.exe", "U+202E"},
		{"\u202dabc\u202c", "U+202D"},
		{strings.Repeat("x", maxText+1), "2001 characters"},
	} {
		if got, err := text("text", tt.in, maxText); CodeOf(err) != CodeInvalidPayload || !strings.Contains(err.Error(), tt.word) {
			t.Errorf("%+.20q is %.20q, %v; want a refusal that says %q", tt.in, got, err, tt.word)
		}
	}
	decomposed := strings.Repeat("e\u0301", maxText)
	if _, err := text("text", decomposed, maxText); err != nil {
		t.Errorf("%d letters with an accent each, decomposed: %v", maxText, err)
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{"Oʻktam": "Oʻktam", " Ali ": "Ali", "Ali\n": "Ali", "X Æ A-12": "X Æ A-12", "O'ktam": "O'ktam", "محمد": "محمد"} {
		if got, err := name("name", in); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "\u200b", "\u202e", "Ali\nVali", "Ali\rVali", "Ali\u2028Vali", "Ali\x1b[2J", strings.Repeat("x", 101), "\u2068\u2069", "\u3164"} {
		if got, err := name("name", in); CodeOf(err) != CodeInvalidPayload {
			t.Errorf("%+q is %q, %v; want a refusal", in, got, err)
		}
	}
}

func TestClaimed(t *testing.T) {
	for in, want := range map[string]string{
		"Ali": "Ali", " Ali\x00\x1b[31m ": "Ali[31m", "Ali\nVali\tSami": "Ali Vali Sami", "\u202eilA": "ilA", "\xffAli": "Ali", "\u200b": "", "": "",
		strings.Repeat("x", 99) + " y": strings.Repeat("x", 99),
	} {
		if got := claimed(in); got != want {
			t.Errorf("%+q is %+q, want %+q", in, got, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for _, in := range []string{
		"+998901234567", "998901234567", "00998901234567", "+00998901234567", "+998 90 123-45-67", "+998 (90) 123.45.67", " +998901234567\t",
		"\u202a+998\u00a090\u00a0123\u201145\u201167\u202c", "\u2068+998 90 123 45 67\u2069", "\u200e+998901234567\u200f", "\ufeff998901234567",
		"+998\u202f90\u2009123\u201345\u201467", "+998\u2212901234567", "٩٩٨٩٠١٢٣٤٥٦٧", "+٩٩٨ ٩٠ ١٢٣ ٤٥ ٦٧", "۹۹۸۹۰۱۲۳۴۵۶۷", "＋９９８９０１２３４５６７", "٠٠٩٩٨٩٠١٢٣٤٥٦٧",
	} {
		if got, err := phone(in); err != nil || got != "+998901234567" {
			t.Errorf("%+q is %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "+", "123456", "+1234567890123456", "ali@example.org", "+998901234567x", "99890+1234567", "++998901234567", "+998 90 123 45 67 доб", "00", "00123456"} {
		if got, err := phone(in); CodeOf(err) != CodeInvalidPayload {
			t.Errorf("%+q is %q, %v; want a refusal", in, got, err)
		}
	}
	if got, err := phone("0901234567"); err != nil || got != "+0901234567" {
		t.Errorf("a number stored before is %q, %v", got, err)
	}
	if got, err := newPhone("0901234567"); CodeOf(err) != CodeInvalidPayload {
		t.Errorf("a new number without the code of a country is %q, %v", got, err)
	}
	if got, err := newPhone("00998901234567"); err != nil || got != "+998901234567" {
		t.Errorf("a new number is %q, %v", got, err)
	}
}

func TestEmail(t *testing.T) {
	for in, want := range map[string]string{
		"ali@example.org": "ali@example.org", " Ali@Example.ORG ": "ali@example.org", "\u200eali@example.org\u200b": "ali@example.org",
		"\u00a0ali@example.org\u00a0": "ali@example.org", "jo\u0308ra@example.org": "j\u00f6ra@example.org", "ali+hatm@example.org": "ali+hatm@example.org",
		"\u2068ali@example.org\u2069": "ali@example.org",
	} {
		if got, err := email(in); err != nil || got != want {
			t.Errorf("%+q is %+q, %v; want %+q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "ali", "ali@", "@example.org", "Ali <ali@example.org>", "a@b, c@d", "ali@example.org\x00", "\"a\x1bb\"@example.org", "+998901234567", strings.Repeat("a", 251) + "@b.c"} {
		if got, err := email(in); CodeOf(err) != CodeInvalidPayload {
			t.Errorf("%+q is %q, %v; want a refusal", in, got, err)
		}
	}
}

func TestPassword(t *testing.T) {
	for in, want := range map[string]string{
		"bismillah 114": "bismillah 114", "a good password": "a good password", "pa\u0308rol uzun": "p\u00e4rol uzun", "пароль яхши": "пароль яхши", "1234567a8": "1234567a8",
	} {
		if got, err := password(in); err != nil || got != want {
			t.Errorf("%+q is %+q, %v; want %+q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "short", "e\u0301e\u0301e\u0301e\u0301", "12345678", "password", "PassWord", "11111111", "qwertyuiop", "iloveyou", "Password1", "        ", "\u00a0 \u00a0 \u00a0 \u00a0 ",
		"aaaaaaaaaaaa", "üüüüüüüüü", "trustno1", strings.Repeat("ab", 101), firstLine(commonPasswords), lastLine(commonPasswords),
	} {
		_, err := password(in)
		if CodeOf(err) != CodeInvalidPayload {
			t.Errorf("%+q: got %v, want a refusal", in, err)
		}
		if err != nil && len(in) > 8 && strings.Contains(err.Error(), in) {
			t.Errorf("the refusal of %q tells it: %v", in, err)
		}
	}
	if n := strings.Count(commonPasswords, "\n"); n != 10_000 {
		t.Errorf("%d common passwords, want 10,000", n)
	}
	if isCommon("12345678\n123456789") || isCommon("") {
		t.Error("what is not one of them counts as one")
	}
}

func firstLine(s string) string { return s[:strings.IndexByte(s, '\n')] }

func lastLine(s string) string {
	s = strings.TrimSuffix(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}

func TestSpellings(t *testing.T) {
	for in, want := range map[string][]string{
		"plain": {"plain"}, "pa\u0308rol": {"p\u00e4rol", "pa\u0308rol"}, "p\u00e4rol": {"p\u00e4rol", "pa\u0308rol"},
	} {
		if got := spellings(in); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%+q has the spellings %+q, want %+q", in, got, want)
		}
	}
}

func TestSearchKey(t *testing.T) {
	for key, all := range map[string][]string{
		"o'ktam":     {"Oʻktam", "O'ktam", "O’ktam", "O‘ktam", "Oʼktam", "O`ktam", "O´ktam", "oʿktam", "OʹKTAM", "O′ktam", "O＇ktam", "O\u200b'ktam", "O\u02bbk\u00adtam"},
		"jora":       {"Jöra", "Jo\u0308ra", "JÖRA", "jora", "Jora\u0301"},
		"ali vali":   {"Ali Vali", "Ali\u3164Vali", "ali  vali", " ALI\u00a0\u3000VALI ", "Ali\u200b Vali", "Ali\tVali\n", "\u2068Ali\u2069 Vali", "Ａｌｉ Ｖａｌｉ"},
		"سبحان الله": {"سبحان الله", "سُبْحَانَ اللَّهِ", "سـبـحـان الله", "سبحان  الله", "سبحان\u200c الله"},
		"احمد":       {"أحمد", "إحمد", "آحمد", "ٱحمد", "احمد", "أَحْمَد"},
		"موسي":       {"موسى", "موسي", "موسی"},
		"فاطمه":      {"فاطمة", "فاطمه"},
		"كريم":       {"کریم", "كريم"},
		"саид":       {"Саид", "Саи\u0306д", "Сайд"},
		"strasse":    {"Straße", "STRASSE", "ſtrasse"},
		"istanbul":   {"İstanbul", "ıstanbul", "Istanbul"},
		"nur-ad-din": {"Nur-ad-Din", "Nur\u2011ad\u2013Din"},
		"123":        {"123", "١٢٣", "۱۲۳", "１２３", "①②③"},
		"fi":         {"ﬁ", "FI"},
		"🌙":          {"🌙", "🌙\ufe0f"},
		"":           {"", " ", "\u200b", "ـ", "\u0301", "\u3164", "\x1b"},
	} {
		for _, in := range all {
			if got := SearchKey(in); got != key {
				t.Errorf("the key of %+q is %+q, want %+q", in, got, key)
			}
		}
	}
	if got := SearchKey(strings.Repeat("ﷺ ", 200)); utf8.RuneCountInString(got) > maxKey {
		t.Errorf("a key has %d characters", utf8.RuneCountInString(got))
	}
}

// anyText draws texts with much in them that is out of the ordinary.
func anyText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		odd := rapid.SampledFrom([]rune("aÄ'ʻ \n\t\r\u0085\u2028\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200d\u0301\u0308أىة٣۴ﷺİıßſﬁ🌙\x1b\u3164ก\u0e33"))
		return string(rapid.SliceOfN(rapid.OneOf(odd, rapid.Rune()), 0, 300).Draw(t, "runes"))
	})
}

// What is stored is in the form in which it is stored: made again it stays the same.
func TestFormsAreFinal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyText().Draw(t, "text")
		key := SearchKey(in)
		if again := SearchKey(key); again != key {
			t.Fatalf("the key of the key %+q is %+q", key, again)
		}
		if utf8.RuneCountInString(key) > maxKey || key != strings.TrimSpace(key) || strings.Contains(key, "  ") {
			t.Fatalf("a key is %+q", key)
		}
		if got, err := text("text", in, maxText); err == nil {
			if again, err := text("text", got, maxText); err != nil || again != got {
				t.Fatalf("%+q is %+q, and that %+q, %v", in, got, again, err)
			}
			if got != "" && SearchKey(got) != key && len(key) < maxKey {
				t.Fatalf("%+q is stored as %+q, and they have the keys %+q and %+q", in, got, key, SearchKey(got))
			}
		}
		if got, err := phone(in); err == nil {
			if again, err := phone(got); err != nil || again != got {
				t.Fatalf("the phone %q is %q, %v", got, again, err)
			}
		}
		if got := claimed(in); got != "" {
			if _, err := name("name", got); err != nil {
				t.Fatalf("%+q is claimed as %+q, which is no name: %v", in, got, err)
			}
		}
	})
}
