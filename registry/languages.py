"""Names of languages, in English and German, by their ISO 639 code."""

from __future__ import annotations

# Codes as ISO 639-1, or 639-3 where there is none; `mul` stands for many (ISO 639-2).
_NAMES = """
ar Arabic Arabisch
as Assamese Assamesisch
be Belarusian Belarussisch
bg Bulgarian Bulgarisch
bn Bengali Bengalisch
br Breton Bretonisch
bs Bosnian Bosnisch
ca Catalan Katalanisch
co Corsican Korsisch
cs Czech Tschechisch
cy Welsh Walisisch
da Danish Dänisch
de German Deutsch
dsb Lower_Sorbian Niedersorbisch
el Greek Griechisch
en English Englisch
eo Esperanto Esperanto
es Spanish Spanisch
et Estonian Estnisch
eu Basque Baskisch
fa Persian Persisch
fi Finnish Finnisch
fo Faroese Färöisch
fr French Französisch
frr North_Frisian Nordfriesisch
fy West_Frisian Westfriesisch
ga Irish Irisch
gd Scottish_Gaelic Schottisch-Gälisch
gl Galician Galicisch
gsw Swiss_German Schweizerdeutsch
gu Gujarati Gujarati
he Hebrew Hebräisch
hi Hindi Hindi
hr Croatian Kroatisch
hsb Upper_Sorbian Obersorbisch
hu Hungarian Ungarisch
hy Armenian Armenisch
id Indonesian Indonesisch
is Icelandic Isländisch
it Italian Italienisch
ja Japanese Japanisch
ka Georgian Georgisch
kk Kazakh Kasachisch
kn Kannada Kannada
ko Korean Koreanisch
ku Kurdish Kurdisch
la Latin Latein
lb Luxembourgish Luxemburgisch
lt Lithuanian Litauisch
lv Latvian Lettisch
mk Macedonian Mazedonisch
ml Malayalam Malayalam
mr Marathi Marathi
ms Malay Malaiisch
mt Maltese Maltesisch
mul many_languages viele_Sprachen
nb Norwegian_Bokmål Bokmål
nds Low_German Niederdeutsch
nl Dutch Niederländisch
nn Norwegian_Nynorsk Nynorsk
no Norwegian Norwegisch
oc Occitan Okzitanisch
pa Punjabi Pandschabi
pl Polish Polnisch
pt Portuguese Portugiesisch
rm Romansh Rätoromanisch
ro Romanian Rumänisch
rom Romani Romani
ru Russian Russisch
se Northern_Sami Nordsamisch
sh Serbo-Croatian Serbokroatisch
sk Slovak Slowakisch
sl Slovenian Slowenisch
sq Albanian Albanisch
sr Serbian Serbisch
sv Swedish Schwedisch
sw Swahili Suaheli
ta Tamil Tamil
te Telugu Telugu
th Thai Thailändisch
tr Turkish Türkisch
uk Ukrainian Ukrainisch
ur Urdu Urdu
vi Vietnamese Vietnamesisch
yi Yiddish Jiddisch
zh Chinese Chinesisch
"""
NAMES: dict[str, tuple[str, str]] = {
    code: (en.replace("_", " "), de.replace("_", " "))
    for code, en, de in (line.split() for line in _NAMES.strip().splitlines())
}
# The 24 official languages of the European Union.
EU = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr"),
    *("hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv"),
)


def language_name(code: str, language: str) -> str:
    """How people call it in a language; the code itself where we have no name."""
    names = NAMES.get(code, (code, code))
    return names[1] if language.startswith("de") else names[0]
