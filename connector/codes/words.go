package codes

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// asks are the words by which a mail names a code, in lower case. What ends in | is a whole word.
var asks = []string{
	"code", "passcode", "one-time password", "temporary password", "one time password", "einmalpasswort", "einmalkennwort", "bestätigungsnummer",
	"mot de passe à usage unique", "mot de passe temporaire", "código", "codigo", "clave de", "contraseña temporal", "contraseña de un solo uso",
	"codice", "password monouso", "password temporanea", "palavra-passe de utilização única", "palavra-passe temporária", "senha temporária", "senha de uso único",
	"eenmalig wachtwoord", "hasło jednorazowe", "kód", "kode", "koodi", "şifre", "κωδικ", "קוד", "סיסמ", "رمز", "كود", "รหัส",
	"コード", "パスワード", "確認番号", "認証番号", "暗証番号", "验证码", "校验码", "动态密码", "动态码", "确认码", "安全码", "一次性密码",
	"驗證碼", "校驗碼", "確認碼", "動態密碼", "一次性密碼", "安全碼", "인증번호", "인증 번호", "코드", "비밀번호", "확인번호", "확인 번호",
	"otp|", "pin|", "tan|", "pincode|", "kod|", "kodu|", "kodem|", "kodunuz|", "код|", "кода|", "кодом|", "пароль|", "пин|", "mã|",
}

// tells are the words by which a mail tells the reader to type something.
var tells = []string{
	"enter|", "type|", "use|", "geben sie", "gib|", "saisissez", "entrez", "introduce|", "escribe|", "ingresa|", "inserisci|", "digite|", "insira|", "usa|",
	"vul|", "voer|", "gebruik|", "wpisz|", "podaj|", "введите|", "используйте|", "入力", "输入", "輸入", "입력", "girin", "أدخل", "εισαγάγετε", "הזן", "ป้อน",
}

// others are the words that name another number, those that have a word of asks in them included.
var others = []string{
	"zip code", "postal code", "postcode", "area code", "promo code", "discount code", "coupon code", "voucher code", "error code", "qr code", "qr-code", "barcode", "source code", "country code", "sort code", "dress code", "status code", "gift code", "code of conduct", "product code", "booking code", "reference code",
	"gutscheincode", "rabattcode", "aktionscode", "fehlercode", "code postal", "code promo", "code client", "code barre", "code article", "code erreur", "código postal", "código promocional", "código de descuento", "código de cliente", "código de error", "código de barras", "código do cliente", "código de rastreio", "código de desconto", "código do pedido", "código do produto", "código promocional",
	"codice cliente", "codice fiscale", "codice postale", "codice sconto", "codice promo", "codice prodotto", "codice ordine", "codice a barre", "codice errore", "kortingscode", "actiecode", "streepjescode", "foutcode", "kod pocztowy", "kod rabatowy", "kod promocyjny", "kod klienta", "kod kreskowy", "kod błędu", "kod produktu", "код товара", "код ошибки", "код города", "код региона", "промокод", "штрихкод", "штрих-код", "почтовый код",
	"クーポンコード", "割引コード", "商品コード", "エラーコード", "郵便番号", "優惠碼", "优惠码", "错误代码", "할인코드", "할인 코드", "쿠폰", "상품코드", "상품 코드", "오류 코드", "오류코드",
	"order", "invoice", "tracking", "case|", "ticket", "reference", "ref|", "account", "customer", "card|", "ending in", "ends in", "ending with", "phone", "call|", "tel|", "fax", "dial|", "booking", "receipt", "transaction", "serial", "version", "build|", "room|", "flight", "suite|", "street", "p.o. box", "no|", "number", "id|", "member", "policy", "extension", "ext|", "copyright", "since|", "until|", "established",
	"bestellung", "bestellnummer", "rechnung", "kunde", "konto", "vorgang", "auftrag", "sendung", "telefon", "rufen", "hrb", "plz|", "karte", "buchung", "mitglied", "nr|", "nummer", "vertrag", "seriennummer", "hotline",
	"commande", "facture", "suivi", "colis", "appelez", "dossier", "carte", "compte", "siret", "n°", "référence", "téléphone", "numéro", "client|", "composez", "réservation", "abonné",
	"pedido", "factura", "seguimiento", "llama|", "teléfono", "referencia", "cuenta", "tarjeta", "número", "cliente", "envío", "expediente", "reserva", "nº",
	"ordine", "fattura", "spedizione", "telefono", "riferimento", "conto", "carta", "numero", "pratica", "p.iva", "prenotazione", "tracciamento", "chiama", "collo",
	"fatura", "protocolo", "rastreio", "ligue|", "telefone", "cep|", "cnpj", "cpf|", "conta|", "cartão", "encomenda", "referência",
	"bestelling", "factuur", "klantnummer", "trace|", "bel|", "rekening", "kvk", "pakket", "zending", "ordernummer", "referentie", "dossiernummer", "klant", "lidnummer", "telefoon",
	"zamówieni", "faktur", "przesyłk", "infolinia", "rachunek", "konta", "nip|", "numer", "zgłoszeni", "klient", "karty", "paczk", "zadzwoń", "rezerwacj", "umow",
	"заказ", "счет", "счёт", "отправлени", "индекс", "телефон", "звоните", "инн|", "карт", "номер", "договор", "обращени", "трек", "клиент", "квитанц", "брон", "№",
	"注文番号", "ご注文", "お客様番号", "問い合わせ", "請求", "電話", "会員番号", "伝票", "予約番号", "追跡番号", "受付番号", "口座", "〒", "商品番号",
	"订单", "单号", "邮政编码", "邮编", "电话", "客服", "尾号", "编号", "客户", "账号", "账户", "发票", "訂單", "單號", "郵遞區號", "電話", "客戶編號", "編號", "帳號", "發票", "会员", "會員編號", "卡号", "卡號", "热线", "預約", "房间",
	"주문번호", "주문 번호", "운송장", "우편번호", "고객센터", "전화", "사업자", "계좌", "고객번호", "고객 번호", "예약번호", "예약 번호", "송장", "카드", "접수번호", "회원번호", "문의",
	"sipariş", "fatura no", "müşteri", "ΑΦΜ", "παραγγελί", "הזמנה", "طلب", "คำสั่งซื้อ",
}

// label is a word that says what a number is.
type label struct {
	at, end int
	kind    labelKind
	used    bool
}

type labelKind int

const (
	other labelKind = iota
	tell
	ask
)

// labels finds the words of a lower-case text, in order; of two in the same place the longer.
func labels(text string) []label {
	var out []label
	for _, set := range []struct {
		words []string
		kind  labelKind
	}{{others, other}, {asks, ask}, {tells, tell}} {
		for _, w := range set.words {
			out = appendHits(out, text, w, set.kind)
		}
	}
	return longest(out)
}

// appendHits appends each place of a word.
func appendHits(out []label, text, w string, kind labelKind) []label {
	w, whole := strings.CutSuffix(w, "|")
	w = strings.TrimSpace(w)
	for from := 0; ; {
		i := strings.Index(text[from:], w)
		if i < 0 {
			return out
		}
		l := label{at: from + i, end: from + i + len(w), kind: kind}
		from = l.end
		if !whole || isEdge(text, l) {
			out = append(out, l)
		}
	}
}

// isEdge reports whether a word stands by itself.
func isEdge(text string, l label) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:l.at])
	after, _ := utf8.DecodeRuneInString(text[l.end:])
	return !unicode.IsLetter(before) && !unicode.IsLetter(after)
}
