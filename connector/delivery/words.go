package delivery

import (
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// What mail systems write into the subject of a bounce, folded.
var bounceSubjects = []string{
	"undelivered", "undeliverable", "delivery status notification", "delivery failure", "delivery failed", "failure notice",
	"returned mail", "mail delivery failed", "could not be delivered", "unzustellbar", "nicht zugestellt", "non remis", "non distribuable",
	"no se puede entregar", "devuelto", "não entregue", "mancato recapito", "onbestelbaar", "niedostarcz", "не доставлен", "配信不能", "配信できません", "退信", "无法投递", "반송",
}

// What mail programs write into the subject of an absence note, folded.
var absenceSubjects = []string{
	"out of office", "out of the office", "automatic reply", "auto reply:", "autoreply:", "automatische antwort", "abwesen", "réponse automatique", "absence du bureau",
	"respuesta automática", "fuera de la oficina", "risposta automatica", "fuori sede", "resposta automática", "ausência temporária", "automatisch antwoord", "afwezig",
	"autoodpowiedź", "odpowiedź automatyczna", "nieobecno", "автоматический ответ", "автоответ", "自動応答", "自動返信", "不在", "自动答复", "自動回覆", "自动回复", "자동 회신", "부재",
}

// The words of an absence note's text, folded.
var absenceTexts = []string{
	"out of office", "out of the office", "on vacation", "on annual leave", "on parental leave", "nicht im büro", "im urlaub", "abwesend", "en congé", "absent du bureau", "absente du bureau",
	"de vacaciones", "fuera de la oficina", "in ferie", "fuori ufficio", "de férias", "fora do escritório", "niet op kantoor", "met vakantie", "na urlopie", "poza biurem", "в отпуске",
	"休暇", "不在", "休假", "不在办公室", "부재중", "휴가",
}

// hasAny reports whether a text has one of the folded phrases.
func hasAny(text string, phrases []string) bool {
	text = folding.Fold(text)
	for _, p := range phrases {
		if strings.Contains(text, folding.Fold(p)) {
			return true
		}
	}
	return false
}
