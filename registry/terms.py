"""The controlled words for tasks and domains, each with its German and its place in a tree."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One word: how programs write it, how people read it, and the wider word it belongs to."""

    word: str
    en: str
    de: str
    parent: str = ""

    def label(self, language: str) -> str:
        """How people read it in a language; English where there is no other."""
        return self.de if language.startswith("de") else self.en


# word | English | German | wider word. Where the Hugging Face Hub has a word for a task, it is
# that one, so that cards go in and out without a table.
_TASKS = """
text-generation | text generation | Texterzeugung |
general | general purpose | allgemein | text-generation
chat | dialogue and instructions | Dialog und Anweisungen | text-generation
translation | translation | Übersetzung | text-generation
summarization | summarisation | Zusammenfassung | text-generation
question-answering | question answering | Fragebeantwortung | text-generation
reasoning | reasoning and mathematics | Schlussfolgern und Mathematik | text-generation
tool-use | tool use and agents | Werkzeugnutzung und Agenten | text-generation
plain-language | plain and easy language | Einfache und Leichte Sprache | text-generation
report-writing | reports and letters | Berichte und Briefe schreiben | text-generation
text-understanding | text understanding | Textverstehen |
text-classification | text classification | Textklassifikation | text-understanding
token-classification | named entities | Eigennamenerkennung | text-understanding
information-extraction | information extraction | Informationsextraktion | text-understanding
retrieval | retrieval | Suche und Wiederauffinden | text-understanding
embedding | embedding | Einbettung | text-understanding
fill-mask | masked words | Lückenfüllen | text-understanding
anonymization | anonymisation | Anonymisierung | text-understanding
contract-analysis | analysis of contracts | Vertragsanalyse | text-understanding
case-handling | handling of administrative cases | Vorgangsbearbeitung | text-understanding
code | program code | Programmcode |
code-generation | code generation | Codeerzeugung | code
code-completion | code completion | Codevervollständigung | code
speech | speech | Sprache und Ton |
speech-recognition | speech recognition | Spracherkennung | speech
speech-translation | speech translation | Sprachübersetzung | speech
text-to-speech | speech synthesis | Sprachsynthese | speech
speaker-recognition | speaker recognition | Sprechererkennung | speech
audio-classification | audio classification | Audioklassifikation | speech
audio-understanding | audio understanding | Audioverstehen | speech
vision | images and video | Bilder und Video |
image-classification | image classification | Bildklassifikation | vision
object-detection | object detection | Objekterkennung | vision
image-segmentation | segmentation | Bildsegmentierung | vision
image-to-text | image understanding | Bildverstehen | vision
visual-question-answering | questions about images | Fragen zu Bildern | vision
image-text-retrieval | retrieval between image and text | Suche zwischen Bild und Text | vision
text-to-image | image generation | Bilderzeugung | vision
text-to-video | video generation | Videoerzeugung | vision
document-understanding | reading of documents and forms | Dokumente und Formulare lesen | vision
visual-inspection | visual inspection | Sichtprüfung | vision
forecasting-and-tables | tables and time series | Tabellen und Zeitreihen |
forecasting | forecasting | Vorhersage | forecasting-and-tables
tabular-classification | classification of tables | Tabellenklassifikation | forecasting-and-tables
tabular-regression | regression on tables | Tabellenregression | forecasting-and-tables
anomaly-detection | anomaly detection | Anomalieerkennung | forecasting-and-tables
predictive-maintenance | predictive maintenance | Vorausschauende Wartung | forecasting-and-tables
demand-planning | demand and supply planning | Bedarfs- und Lieferplanung | forecasting-and-tables
fraud-detection | fraud detection | Betrugserkennung | forecasting-and-tables
science | science | Wissenschaft |
protein-embedding | protein embedding | Protein-Einbettung | science
protein-generation | protein generation | Proteinerzeugung | science
structure-prediction | structure prediction | Strukturvorhersage | science
molecule-generation | molecule generation | Molekülerzeugung | science
weather-prediction | weather prediction | Wettervorhersage | science
earth-observation | earth observation | Erdbeobachtung | science
simulation-surrogate | surrogate of a simulation | Simulationsersatz | science
control | control and robotics | Steuerung und Robotik |
robotics | robotics | Robotik | control
process-control | process control | Prozesssteuerung | control
reinforcement-learning | reinforcement learning | Bestärkendes Lernen | control
"""
_DOMAINS = """
open-domain | open domain | ohne Fachgebiet |
administration | public administration | öffentliche Verwaltung |
municipal-services | municipal services | kommunale Dienste | administration
tax | taxes | Steuern | administration
social-security | social security | Sozialversicherung | administration
parliament | parliament and legislation | Parlament und Gesetzgebung | administration
law | law | Recht |
justice | courts and justice | Gerichte und Justiz | law
procurement | public procurement | Vergabe | law
health | health | Gesundheit |
radiology | radiology | Radiologie | health
pathology | pathology | Pathologie | health
clinical-documentation | clinical documentation | klinische Dokumentation | health
pharma | drug development | Arzneimittelentwicklung | health
care | nursing and care | Pflege | health
industry | industry | Industrie |
manufacturing | manufacturing | Fertigung | industry
automotive | automotive | Automobil | industry
mechanical-engineering | mechanical engineering | Maschinenbau | industry
chemistry | chemistry | Chemie | industry
engineering | engineering | Ingenieurwesen | industry
construction | construction | Bauwesen | industry
logistics | logistics | Logistik | industry
crafts | crafts and small firms | Handwerk und Mittelstand | industry
energy | energy | Energie |
grid | power grids | Stromnetze | energy
renewables | renewables | erneuerbare Energien | energy
finance | finance | Finanzen |
insurance | insurance | Versicherung | finance
trade | trade and retail | Handel |
media | media and publishing | Medien und Verlage |
education | education | Bildung |
culture | culture and heritage | Kultur und Kulturerbe |
security | security and civil protection | Sicherheit und Bevölkerungsschutz |
mobility | mobility | Mobilität |
agriculture | agriculture | Landwirtschaft |
environment | environment and climate | Umwelt und Klima |
weather | weather | Wetter | environment
research | research | Forschung |
life-science | life sciences | Lebenswissenschaften | research
materials | materials | Werkstoffe | research
physics | physics | Physik | research
software | software development | Softwareentwicklung | research
"""


def _table(text: str) -> dict[str, Term]:
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    return {word: Term(word, en, de, parent) for word, en, de, parent in rows}


TASKS = _table(_TASKS)
DOMAINS = _table(_DOMAINS)
# What people and other catalogues write for the same.
SAME = {
    "asr": "speech-recognition",
    "automatic-speech-recognition": "speech-recognition",
    "tts": "text-to-speech",
    "classification": "text-classification",
    "feature-extraction": "embedding",
    "sentence-similarity": "embedding",
    "ner": "token-classification",
    "instruct": "chat",
    "conversational": "chat",
    "image-understanding": "image-to-text",
    "image-text-to-text": "visual-question-answering",
    "regression": "tabular-regression",
    "time-series-forecasting": "forecasting",
    "protein-structure-translation": "structure-prediction",
    "public-administration": "administration",
}


def same_word(word: str) -> str:
    """The controlled word for what somebody wrote; the text itself if it is none of theirs."""
    plain = "-".join(word.lower().replace("_", "-").split())
    return SAME.get(plain, plain)


def nearest(word: str, among: Iterable[str]) -> list[str]:
    """Up to three controlled words that a typing error may have meant."""
    return difflib.get_close_matches(word, list(among), n=3, cutoff=0.5)


def with_wider(words: Iterable[str], table: dict[str, Term]) -> list[str]:
    """The words and every wider word above them, once each, in their order."""
    found: dict[str, None] = {}
    for word in words:
        at: str = word
        while at and at not in found:
            found[at] = None
            at = table[at].parent if at in table else ""
    return list(found)
