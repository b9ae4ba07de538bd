package demo

import "github.com/zikr-app/zikr"

// person is a member, by name.
type person struct{ name, surname string }

// community is people who read one hatm and count one zikr together.
type community struct {
	login      string // of the first person, who is the admin
	reading    string // what the group that reads is called
	counting   string // and the one that counts
	dedication string
	zikr       string
	goal       zikr.Int
	people     []person
}

// communities are in the three languages of the demonstration.
func communities() []community {
	return []community{
		{
			login: "uz", reading: "Juma hatmi", counting: "Tong zikri", dedication: "Ota-onalarimiz haqqiga", zikr: "Istig‘for", goal: 1000,
			people: []person{
				{"Abdulloh", "Karimov"}, {"Zaynab", "Yo‘ldosheva"}, {"O‘ktam", "Rahimov"}, {"Madina", "Aliyeva"}, {"Sanjar", "Tursunov"},
				{"Nilufar", "Qodirova"}, {"Botir", "Ergashev"}, {"Gulnora", "Saidova"}, {"Ilhom", "Nazarov"}, {"Oyijon", "Xolmatova"},
			},
		},
		{
			login: "ar", reading: "ختمة الجمعة", counting: "ذكر الصباح", dedication: "لوالدينا", zikr: "الاستغفار", goal: 700,
			people: []person{
				{"عبد الرحمن", "السيد"}, {"فاطمة", "الحسن"}, {"يوسف", "العلي"}, {"مريم", "الأحمد"}, {"عمر", "المصري"},
				{"خديجة", "الخطيب"}, {"إبراهيم", "النجار"}, {"آمنة", "الشامي"},
			},
		},
		{
			login: "en", reading: "Family hatm", counting: "Evening dhikr", dedication: "For our grandparents", zikr: "Salawat", goal: 500,
			people: []person{
				{"Yusuf", "Rahman"}, {"Aisha", "Malik"}, {"Bilal", "Khan"}, {"Maryam", "Hussain"}, {"Idris", "Bello"}, {"Safiya", "Noor"}, {"Hamza", "Ali"},
			},
		},
	}
}
