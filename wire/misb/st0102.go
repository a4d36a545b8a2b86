package misb

// Security metadata: MISB ST 0102.12, local set (Table 2).
var st0102 = newTable("ST 0102", KeySecurity, []*Spec{
	{Tag: 1, Name: "Security Classification", codec: classification},
	{Tag: 2, Name: "Country Coding Method for 'Classifying Country' and 'Releasing Instructions'", codec: countryCoding},
	{Tag: 3, Name: "Classifying Country", codec: text{}},
	{Tag: 4, Name: "SCI / SHI Information", codec: text{}},
	{Tag: 5, Name: "Caveats", codec: text{}},
	{Tag: 6, Name: "Releasing Instructions", codec: text{}},
	{Tag: 7, Name: "Classified By", codec: text{}},
	{Tag: 8, Name: "Derived From", codec: text{}},
	{Tag: 9, Name: "Classification Reason", codec: text{}},
	{Tag: 10, Name: "Declassification Date", codec: text{}},
	{Tag: 11, Name: "Classification and Marking System", codec: text{}},
	{Tag: 12, Name: "Country Coding Method for 'Object Country Codes'", codec: objectCoding},
	{Tag: 13, Name: "Object Country Codes", codec: utf16Text{}},
	{Tag: 14, Name: "Classification Comments", codec: text{}},
	{Tag: 15, Name: "UMID Video", codec: blob{}},
	{Tag: 16, Name: "UMID Audio", codec: blob{}},
	{Tag: 17, Name: "UMID Data", codec: blob{}},
	{Tag: 18, Name: "UMID System", codec: blob{}},
	{Tag: 19, Name: "Stream ID", codec: unsigned{1}},
	{Tag: 20, Name: "Transport Stream ID", codec: unsigned{2}},
	{Tag: 21, Name: "Item Designator ID", codec: blob{}},
	{Tag: 22, Name: "Version", codec: unsigned{2}},
	{Tag: 23, Name: "Country Coding Method for 'Classifying Country' and 'Releasing Instructions' Version Date", codec: text{}},
	{Tag: 24, Name: "Country Coding Method for 'Object Country Codes' Version Date", codec: text{}},
})

// classification is ST 0102.12 §6.1.1.
var classification = enum{1: "Unclassified", 2: "Restricted", 3: "Confidential", 4: "Secret", 5: "Top Secret"}

// countryCoding is how item 3 and 6 name countries (ST 0102.12 §6.1.2).
var countryCoding = enum{
	1: "ISO-3166 Two Letter", 2: "ISO-3166 Three Letter", 3: "FIPS 10-4 Two Letter", 4: "FIPS 10-4 Four Letter",
	5: "ISO-3166 Numeric", 6: "1059 Two Letter", 7: "1059 Three Letter", 10: "FIPS 10-4 Mixed",
	11: "ISO 3166 Mixed", 12: "STANAG 1059 Mixed", 13: "GENC Two Letter", 14: "GENC Three Letter",
	15: "GENC Numeric", 16: "GENC Mixed",
}

// objectCoding is how item 13 names countries, by other numbers (§6.1.12).
var objectCoding = enum{
	1: "ISO-3166 Two Letter", 2: "ISO-3166 Three Letter", 3: "ISO-3166 Numeric", 4: "FIPS 10-4 Two Letter",
	5: "FIPS 10-4 Four Letter", 6: "1059 Two Letter", 7: "1059 Three Letter",
	13: "GENC Two Letter", 14: "GENC Three Letter", 15: "GENC Numeric", 64: "GENC AdminSub",
}
