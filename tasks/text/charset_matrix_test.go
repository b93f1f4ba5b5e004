package text

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// writings are everyday texts in the languages that the charsets are for.
var writings = []struct {
	language, charsets, text string
}{
	{
		"Japanese", "shift_jis euc-jp iso-2022-jp utf-16le utf-16be utf-8",
		"いつもお世話になっております。先日ご注文いただいた商品を本日発送いたしました。到着は明後日の午前中を予定しております。" +
			"在庫の確認に時間がかかり、ご連絡が遅くなりましたことをお詫び申し上げます。請求書は別便でお送りしますので、ご確認ください。" +
			"東京駅から歩いて十分ほどの所に新しい図書館ができました。平日は夜九時まで開いていて、インターネットも自由に使えます。" +
			"昨日の会議では、来年度の予算と人員配置について話し合いました。結論は来週のミーティングまでに資料にまとめます。" +
			"明日は雨が降るそうなので、傘を持って出かけましょう。カレーライスとサラダを二つずつお願いします。猫が窓のそばで寝ている。",
	},
	{
		"Chinese", "gb18030 utf-16le utf-16be",
		"我们公司成立于一九九八年，主要生产家用电器和办公设备。昨天下午三点，经理召开了一次重要会议，讨论明年的销售计划。" +
			"请您在收到货物以后三天之内检查包装是否完好，如果有问题请马上与我们联系。这条河流经过五个省，最后进入大海。" +
			"他每天早上六点起床，先跑步半个小时，然后吃早饭去上班。天气预报说明天有大雨，请大家出门带伞。图书馆里非常安静，很多学生在看书。" +
			"这家饭馆的菜又便宜又好吃，周末总是有很多人排队。随着经济的发展，人们的生活水平有了很大提高。",
	},
	{
		"Chinese, traditional", "big5 gb18030 utf-16le",
		"我們公司成立於一九九八年，主要生產家用電器和辦公設備。昨天下午三點，經理召開了一次重要會議，討論明年的銷售計畫。" +
			"請您在收到貨物以後三天之內檢查包裝是否完好，如果有問題請馬上與我們聯絡。這條河流經過五個縣市，最後進入大海。" +
			"他每天早上六點起床，先跑步半個小時，然後吃早飯去上班。天氣預報說明天有大雨，請大家出門帶傘。圖書館裡非常安靜，很多學生在看書。" +
			"這家餐廳的菜又便宜又好吃，週末總是有很多人排隊。隨著經濟的發展，人們的生活水準有了很大提高。",
	},
	{
		"Korean", "euc-kr utf-16le",
		"안녕하세요. 지난주에 주문하신 상품을 오늘 발송했습니다. 배송에는 이틀 정도 걸릴 예정입니다. 우리 회사는 서울에 있으며 직원은 모두 백이십 명입니다. " +
			"어제 회의에서 내년 예산과 인력 배치에 대해 이야기했습니다. 날씨가 추워졌으니 감기 조심하세요. 도서관은 평일 저녁 아홉 시까지 문을 엽니다. " +
			"이 식당은 음식이 맛있고 값도 싸서 주말마다 사람이 많습니다. 기차역에서 걸어서 십 분이면 박물관에 도착할 수 있습니다.",
	},
	{
		"Russian", "windows-1251 koi8-r iso-8859-5 ibm866 x-mac-cyrillic utf-8 utf-16le utf-16be",
		"Уважаемые коллеги! Сообщаем вам, что собрание состоится в четверг в десять часов утра. Вчера мы получили ваше письмо и уже отправили ответ. " +
			"Наша компания работает на рынке более двадцати лет и поставляет оборудование во все регионы страны. Погода сегодня хорошая, поэтому дети гуляют в парке. " +
			"Библиотека находится рядом с вокзалом, она открыта до девяти вечера. Пожалуйста, проверьте счёт и сообщите нам о возможных ошибках. Москва, улица Ленина, дом пять.",
	},
	{
		"Ukrainian", "windows-1251 koi8-u x-mac-cyrillic iso-8859-5",
		"Шановні колеги! Повідомляємо вам, що збори відбудуться у четвер о десятій годині ранку. Вчора ми отримали вашого листа і вже надіслали відповідь. " +
			"Наша компанія працює на ринку понад двадцять років і постачає обладнання в усі області країни. Погода сьогодні гарна, тому діти гуляють у парку. " +
			"Бібліотека знаходиться біля вокзалу, вона відчинена до дев'ятої вечора. Будь ласка, перевірте рахунок і повідомте нам про можливі помилки. Її ім'я Євгенія.",
	},
	{
		"Bulgarian", "windows-1251 iso-8859-5",
		"Уважаеми колеги, съобщаваме ви, че срещата ще се проведе в четвъртък в десет часа сутринта. Вчера получихме вашето писмо и вече изпратихме отговор. " +
			"Библиотеката се намира до гарата и е отворена до девет часа вечерта. Времето днес е хубаво, затова децата играят в парка.",
	},
	{
		"Greek", "windows-1253 iso-8859-7",
		"Αγαπητοί συνάδελφοι, σας ενημερώνουμε ότι η συνάντηση θα γίνει την Πέμπτη στις δέκα το πρωί. Χθες λάβαμε το γράμμα σας και στείλαμε ήδη την απάντηση. " +
			"Η εταιρεία μας λειτουργεί πάνω από είκοσι χρόνια και προμηθεύει εξοπλισμό σε όλη τη χώρα. Ο καιρός σήμερα είναι καλός και τα παιδιά παίζουν στο πάρκο. " +
			"Η βιβλιοθήκη βρίσκεται δίπλα στον σταθμό και είναι ανοιχτή μέχρι τις εννέα το βράδυ. Άννα, Ήλιος, Έλενα, Όλγα.",
	},
	{
		"Turkish", "windows-1254 iso-8859-9",
		"Değerli arkadaşlar, toplantı perşembe günü sabah saat onda yapılacaktır. Dün mektubunuzu aldık ve yanıtımızı gönderdik. Şirketimiz yirmi yılı aşkın süredir piyasada çalışıyor ve ülkenin her bölgesine ürün sağlıyor. " +
			"Bugün hava çok güzel, bu yüzden çocuklar parkta oynuyor. Kütüphane istasyonun yanında ve akşam dokuza kadar açık. Lütfen faturayı kontrol edip olası yanlışlıkları bize bildirin. İstanbul, Çiçek Sokağı.",
	},
	{
		"Polish", "windows-1250 iso-8859-2",
		"Szanowni Państwo, informujemy, że spotkanie odbędzie się w czwartek o dziesiątej rano. Wczoraj otrzymaliśmy państwa list i wysłaliśmy już odpowiedź. Nasza firma działa na rynku od ponad dwudziestu lat i dostarcza urządzenia do wszystkich regionów kraju. " +
			"Dzisiaj jest ładna pogoda, więc dzieci bawią się w parku. Biblioteka znajduje się obok dworca i jest otwarta do dziewiątej wieczorem. Proszę sprawdzić fakturę i zgłosić ewentualne błędy. Łódź, Śląsk, źródło, życie.",
	},
	{
		"Czech", "windows-1250 iso-8859-2",
		"Vážení kolegové, oznamujeme vám, že schůze se bude konat ve čtvrtek v deset hodin dopoledne. Včera jsme dostali váš dopis a už jsme poslali odpověď. Naše společnost působí na trhu více než dvacet let a dodává zařízení do všech krajů země. " +
			"Dnes je hezké počasí, proto si děti hrají v parku. Knihovna je vedle nádraží a má otevřeno do devíti hodin večer. Zkontrolujte prosím fakturu a oznamte nám případné chyby. Šťastný nový rok, žluťoučký kůň.",
	},
	{
		"Hungarian", "windows-1250 iso-8859-2",
		"Kedves kollégák, értesítjük önöket, hogy a megbeszélés csütörtökön délelőtt tíz órakor lesz. Tegnap megkaptuk a levelüket, és már elküldtük a választ. Cégünk több mint húsz éve működik a piacon, és az ország minden részébe szállít berendezéseket. " +
			"Ma szép idő van, ezért a gyerekek a parkban játszanak. A könyvtár az állomás mellett található, és este kilencig tart nyitva. Kérjük, ellenőrizzék a számlát, és jelezzék az esetleges hibákat. Űrhajó, fűtés, tűz.",
	},
	{
		"Romanian", "windows-1250 iso-8859-2 iso-8859-16",
		"Stimaţi colegi, vă informăm că întâlnirea va avea loc joi la ora zece dimineaţa. Ieri am primit scrisoarea dumneavoastră şi am trimis deja răspunsul. Compania noastră lucrează pe piaţă de peste douăzeci de ani şi livrează echipamente în toată ţara. " +
			"Astăzi vremea este frumoasă, de aceea copiii se joacă în parc. Biblioteca se află lângă gară şi este deschisă până la ora nouă seara.",
	},
	{
		"Croatian", "windows-1250 iso-8859-2",
		"Poštovani kolege, obavještavamo vas da će se sastanak održati u četvrtak u deset sati ujutro. Jučer smo primili vaše pismo i već smo poslali odgovor. Naša tvrtka posluje na tržištu više od dvadeset godina i isporučuje uređaje u sve krajeve zemlje. " +
			"Danas je lijepo vrijeme pa se djeca igraju u parku. Knjižnica se nalazi pokraj kolodvora i otvorena je do devet navečer. Đurđica čita.",
	},
	{
		"Latvian", "windows-1257",
		"Cienījamie kolēģi, paziņojam, ka sanāksme notiks ceturtdien pulksten desmitos no rīta. Vakar mēs saņēmām jūsu vēstuli un jau nosūtījām atbildi. Mūsu uzņēmums darbojas tirgū vairāk nekā divdesmit gadus un piegādā iekārtas visā valstī. Šodien ir jauks laiks, tāpēc bērni spēlējas parkā.",
	},
	{
		"Lithuanian", "windows-1257 iso-8859-13",
		"Gerbiami kolegos, pranešame, kad susirinkimas vyks ketvirtadienį dešimtą valandą ryto. Vakar gavome jūsų laišką ir jau išsiuntėme atsakymą. Mūsų įmonė dirba rinkoje daugiau kaip dvidešimt metų ir tiekia įrangą visoje šalyje. Šiandien gražus oras, todėl vaikai žaidžia parke.",
	},
	{
		"Estonian", "windows-1257 windows-1252",
		"Lugupeetud kolleegid, teatame, et koosolek toimub neljapäeval kell kümme hommikul. Eile saime teie kirja ja saatsime juba vastuse. Meie ettevõte on turul tegutsenud üle kahekümne aasta ja tarnib seadmeid kõikjale. Täna on ilus ilm, seepärast mängivad lapsed pargis. Raamatukogu on jaama kõrval ja avatud õhtul üheksani.",
	},
	{
		"Hebrew", "windows-1255 iso-8859-8",
		"עמיתים יקרים, אנו מודיעים לכם כי הישיבה תתקיים ביום חמישי בשעה עשר בבוקר. אתמול קיבלנו את מכתבכם וכבר שלחנו תשובה. החברה שלנו פועלת בשוק יותר מעשרים שנה ומספקת ציוד לכל אזורי הארץ. " +
			"היום מזג האוויר נעים ולכן הילדים משחקים בגן. הספרייה נמצאת ליד התחנה והיא פתוחה עד תשע בערב. נא לבדוק את החשבון ולהודיע לנו על טעויות.",
	},
	{
		"Arabic", "windows-1256 iso-8859-6",
		"الزملاء الأعزاء، نود إعلامكم بأن الاجتماع سيعقد يوم الخميس في الساعة العاشرة صباحا. لقد استلمنا رسالتكم أمس وأرسلنا الرد بالفعل. تعمل شركتنا في السوق منذ أكثر من عشرين عاما وتوفر المعدات لجميع مناطق البلاد. " +
			"الطقس جميل اليوم ولذلك يلعب الأطفال في الحديقة. تقع المكتبة بجانب المحطة وهي مفتوحة حتى الساعة التاسعة مساء. يرجى مراجعة الفاتورة وإبلاغنا بأي خطأ.",
	},
	{
		"Thai", "windows-874",
		"เรียนเพื่อนร่วมงานทุกท่าน ขอแจ้งให้ทราบว่าการประชุมจะจัดขึ้นในวันพฤหัสบดีเวลาสิบโมงเช้า เมื่อวานนี้เราได้รับจดหมายของท่านและได้ส่งคำตอบไปแล้ว บริษัทของเราทำงานมากว่ายี่สิบปีและส่งสินค้าไปทั่วประเทศ " +
			"วันนี้อากาศดี เด็กๆ จึงเล่นอยู่ในสวน ห้องสมุดอยู่ใกล้สถานีรถไฟและเปิดถึงสามทุ่ม",
	},
	{
		"Vietnamese", "windows-1258",
		"Kính gửi các đồng nghiệp, chúng tôi xin thông báo cuộc họp sẽ diễn ra vào thứ năm lúc mười giờ sáng. Hôm qua chúng tôi đã nhận được thư của quý vị và đã gửi thư trả lời. Công ty chúng tôi hoạt động hơn hai mươi năm và cung cấp thiết bị cho cả nước. " +
			"Hôm nay trời đẹp nên trẻ em chơi trong công viên. Thư viện nằm cạnh nhà ga và mở cửa đến chín giờ tối.",
	},
	{
		"French", "windows-1252 iso-8859-15 macintosh utf-16le utf-16be utf-32le utf-32be utf-8",
		"Chers collègues, nous vous informons que la réunion aura lieu jeudi à dix heures du matin. Hier nous avons reçu votre lettre et nous avons déjà envoyé la réponse. Notre société travaille sur le marché depuis plus de vingt ans et livre du matériel dans toutes les régions du pays. " +
			"Aujourd’hui il fait beau, les élèves jouent près de la forêt. La bibliothèque se trouve à côté de la gare, elle est ouverte jusqu’à vingt et une heures. Où êtes-vous né ? Ça ira, dès que possible, même à Noël.",
	},
	{
		"German", "windows-1252 iso-8859-15 macintosh",
		"Sehr geehrte Kolleginnen und Kollegen, die Besprechung findet am Donnerstag um zehn Uhr früh statt. Gestern haben wir Ihr Schreiben erhalten und die Antwort bereits zurückgeschickt. Unsere Firma ist seit über zwanzig Jahren tätig und liefert Geräte in alle Länder. " +
			"Heute ist schönes Wetter, deshalb spielen die Mädchen draußen. Die Bücherei liegt neben dem Bahnhof und ist bis neun Uhr geöffnet. Bitte prüfen Sie die Rechnung gemäß § 5. Größe, Übung, Äpfel, Öl.",
	},
	{
		"Spanish", "windows-1252 iso-8859-15 macintosh",
		"Estimados compañeros, les comunicamos que la reunión será el jueves a las diez de la mañana. Ayer recibimos su carta y ya enviamos la contestación. Nuestra compañía lleva más de veinte años en el mercado y suministra equipos a todas las regiones del país. " +
			"Hoy hace buen tiempo, así que los niños están jugando en el jardín. La biblioteca está al lado de la estación y abre también los sábados. ¿Cuándo llegará el envío? ¡Qué día!",
	},
	{
		"Portuguese", "windows-1252 iso-8859-15 macintosh",
		"Caros colegas, informamos que a reunião será na quinta-feira às dez horas da manhã. Ontem recebemos a vossa carta e já enviámos a resposta. A nossa empresa está no mercado há mais de vinte anos e fornece equipamentos para todas as regiões do país. " +
			"Hoje o tempo está bom, por isso as crianças estão a brincar no jardim. A biblioteca fica ao pé da estação e também abre aos sábados. Atenção: não há pão.",
	},
	{
		"Swedish", "windows-1252 iso-8859-15 macintosh",
		"Kära kolleger, vi meddelar att mötet äger rum på torsdag klockan tio på förmiddagen. I går fick vi ert brev och vi har redan skickat svaret. Vårt företag har funnits på marknaden i över tjugo år och levererar utrustning till hela landet. I dag är vädret fint, därför leker barnen ute. Ängen, Öland, Åre.",
	},
	{
		"Danish", "windows-1252 iso-8859-15 macintosh",
		"Kære kolleger, vi meddeler, at mødet finder sted på torsdag klokken ti om formiddagen. I går modtog vi jeres brev, og vi har allerede sendt svaret. Vores firma har været på markedet i over tyve år og leverer udstyr til hele landet. I dag er vejret godt, derfor leger børnene på pladsen. Ørsted, Århus, Ærø.",
	},
	{
		"Italian", "windows-1252 iso-8859-15 macintosh",
		"Cari colleghi, vi informiamo che la riunione si terrà giovedì alle dieci. Ieri è arrivata la vostra lettera e abbiamo già inviato la risposta. La nostra società è attiva da più di vent'anni e fornirà apparecchi a tutte le città. Oggi fa bel tempo, perciò i bambini giocheranno di là. La biblioteca è accanto alla stazione: lunedì aprirà più tardi, perché c’è una novità.",
	},
	{
		"Icelandic", "windows-1252 iso-8859-15",
		"Kæru samstarfsmenn, við tilkynnum að fundurinn verður haldinn á fimmtudaginn klukkan tíu. Í gær fengum við bréfið ykkar og höfum þegar sent svarið. Fyrirtækið okkar hefur verið á markaðnum í meira en tuttugu ár. Veðrið er gott í dag og börnin leika sér úti.",
	},
}

var matrixLengths = []int{5, 10, 20, 50, 100, 200}

// excerpts returns pieces of a text with n letters each, starting at words (or everywhere in scripts without blanks).
func excerpts(text string, n int) (out []string) {
	runes := []rune(text)
	spaced := strings.Count(text, " ")*20 > len(runes)
	for start := range runes {
		if start > 0 && spaced && runes[start-1] != ' ' || !spaced && start%3 != 0 {
			continue
		}
		if unicode.IsMark(runes[start]) {
			continue
		}
		letters, end := 0, start
		for ; end < len(runes) && letters < n; end++ {
			if unicode.IsLetter(runes[end]) || unicode.IsMark(runes[end]) {
				letters++
			}
		}
		if letters < n {
			break
		}
		piece := string(runes[start:end])
		if len(piece) > utf8.RuneCountInString(piece) {
			out = append(out, piece)
		}
	}
	return out
}

var showMisses = flag.String("misses", "", "show wrong detections of this charset")

// TestCharsetMatrix measures how often a text without a declared charset is read as it was written. Pieces that are ASCII
// only do not count; a piece that reads the same in the charset found and in its own is right.
func TestCharsetMatrix(t *testing.T) {
	if raceEnabled {
		t.Skip("nothing runs at the same time here, and the race detector makes it ten times slower")
	}
	type rate struct{ right, all int }
	total := map[int]*rate{}
	for _, w := range writings {
		for charset := range strings.FieldsSeq(w.charsets) {
			_, enc := lookupCharset(charset)
			if enc == nil {
				t.Fatalf("no charset %s", charset)
			}
			var shown []string
			for _, n := range matrixLengths {
				r := &rate{}
				misses := map[string]int{}
				for _, piece := range excerpts(w.text, n) {
					written := piece
					if charset == "windows-1258" {
						written = decompose1258(piece)
					}
					data, err := enc.NewEncoder().Bytes([]byte(written))
					if err != nil {
						continue
					}
					r.all++
					text, found, _ := decode(data)
					if text == piece {
						r.right++
						continue
					}
					misses[found]++
					if *showMisses == charset && n >= 20 {
						t.Logf("%s %d: %q as %s: %q", w.language, n, piece, found, text)
					}
				}
				if r.all == 0 {
					continue
				}
				if total[n] == nil {
					total[n] = &rate{}
				}
				total[n].right += r.right
				total[n].all += r.all
				shown = append(shown, fmt.Sprintf("%d: %d/%d", n, r.right, r.all))
				if least := cmp.Or(matrixLeast[w.language+" "+charset], 95); n >= 20 {
					if r.right*100 < least*r.all {
						t.Errorf("%s in %s, %d letters: %d of %d right, want %d %%; found %v", w.language, charset, n, r.right, r.all, least, misses)
					}
				}
			}
			t.Logf("%-22s %-15s %s", w.language, charset, strings.Join(shown, "  "))
		}
	}
	var shown []string
	for _, n := range matrixLengths {
		if r := total[n]; r != nil {
			shown = append(shown, fmt.Sprintf("%d: %.1f %%", n, 100*float64(r.right)/float64(r.all)))
		}
	}
	t.Logf("all: %s", strings.Join(shown, "  "))
}

// matrixLeast are the rates in percent for pieces of 20 letters that are lower than 95: charsets of old Macintosh
// computers, whose letters stand where others have capitals, and languages with one or two such letters in a sentence.
var matrixLeast = map[string]int{
	"French macintosh": 85, "German macintosh": 85, "Spanish macintosh": 75,
	"Turkish windows-1254": 90, "Turkish iso-8859-9": 90, "Lithuanian windows-1257": 90, "Lithuanian iso-8859-13": 90,
}

// decompose1258 writes Vietnamese as windows-1258 has it: vowels with their hat or horn, tones as marks of their own.
func decompose1258(s string) string {
	tones := []rune{0x300, 0x301, 0x303, 0x309, 0x323}
	var out strings.Builder
	for _, r := range s {
		parts := vietnamese[r]
		if parts == "" {
			out.WriteRune(r)
			continue
		}
		runes := []rune(parts)
		out.WriteString(string(runes[:len(runes)-1]))
		if last := runes[len(runes)-1]; slices.Contains(tones, last) {
			out.WriteRune(last)
		}
	}
	return out.String()
}

// vietnamese are the letters that windows-1258 writes as two.
var vietnamese = map[rune]string{
	'ã': "a\u0303",
	'ả': "a\u0309",
	'ạ': "a\u0323",
	'Ã': "A\u0303",
	'Ả': "A\u0309",
	'Ạ': "A\u0323",
	'ằ': "ă\u0300",
	'ắ': "ă\u0301",
	'ẵ': "ă\u0303",
	'ẳ': "ă\u0309",
	'ặ': "ă\u0323",
	'Ằ': "Ă\u0300",
	'Ắ': "Ă\u0301",
	'Ẵ': "Ă\u0303",
	'Ẳ': "Ă\u0309",
	'Ặ': "Ă\u0323",
	'ầ': "â\u0300",
	'ấ': "â\u0301",
	'ẫ': "â\u0303",
	'ẩ': "â\u0309",
	'ậ': "â\u0323",
	'Ầ': "Â\u0300",
	'Ấ': "Â\u0301",
	'Ẫ': "Â\u0303",
	'Ẩ': "Â\u0309",
	'Ậ': "Â\u0323",
	'ẽ': "e\u0303",
	'ẻ': "e\u0309",
	'ẹ': "e\u0323",
	'Ẽ': "E\u0303",
	'Ẻ': "E\u0309",
	'Ẹ': "E\u0323",
	'ề': "ê\u0300",
	'ế': "ê\u0301",
	'ễ': "ê\u0303",
	'ể': "ê\u0309",
	'ệ': "ê\u0323",
	'Ề': "Ê\u0300",
	'Ế': "Ê\u0301",
	'Ễ': "Ê\u0303",
	'Ể': "Ê\u0309",
	'Ệ': "Ê\u0323",
	'ì': "i\u0300",
	'ĩ': "i\u0303",
	'ỉ': "i\u0309",
	'ị': "i\u0323",
	'Ì': "I\u0300",
	'Ĩ': "I\u0303",
	'Ỉ': "I\u0309",
	'Ị': "I\u0323",
	'ò': "o\u0300",
	'õ': "o\u0303",
	'ỏ': "o\u0309",
	'ọ': "o\u0323",
	'Ò': "O\u0300",
	'Õ': "O\u0303",
	'Ỏ': "O\u0309",
	'Ọ': "O\u0323",
	'ồ': "ô\u0300",
	'ố': "ô\u0301",
	'ỗ': "ô\u0303",
	'ổ': "ô\u0309",
	'ộ': "ô\u0323",
	'Ồ': "Ô\u0300",
	'Ố': "Ô\u0301",
	'Ỗ': "Ô\u0303",
	'Ổ': "Ô\u0309",
	'Ộ': "Ô\u0323",
	'ờ': "ơ\u0300",
	'ớ': "ơ\u0301",
	'ỡ': "ơ\u0303",
	'ở': "ơ\u0309",
	'ợ': "ơ\u0323",
	'Ờ': "Ơ\u0300",
	'Ớ': "Ơ\u0301",
	'Ỡ': "Ơ\u0303",
	'Ở': "Ơ\u0309",
	'Ợ': "Ơ\u0323",
	'ũ': "u\u0303",
	'ủ': "u\u0309",
	'ụ': "u\u0323",
	'Ũ': "U\u0303",
	'Ủ': "U\u0309",
	'Ụ': "U\u0323",
	'ừ': "ư\u0300",
	'ứ': "ư\u0301",
	'ữ': "ư\u0303",
	'ử': "ư\u0309",
	'ự': "ư\u0323",
	'Ừ': "Ư\u0300",
	'Ứ': "Ư\u0301",
	'Ữ': "Ư\u0303",
	'Ử': "Ư\u0309",
	'Ự': "Ư\u0323",
	'ỳ': "y\u0300",
	'ý': "y\u0301",
	'ỹ': "y\u0303",
	'ỷ': "y\u0309",
	'ỵ': "y\u0323",
	'Ỳ': "Y\u0300",
	'Ý': "Y\u0301",
	'Ỹ': "Y\u0303",
	'Ỷ': "Y\u0309",
	'Ỵ': "Y\u0323",
}
