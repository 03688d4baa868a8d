"""Says where the portal's answer deliberately is not that of a real MLflow server, and why."""

from __future__ import annotations

SAME_CALL = "A repeated creation with the same name, source and run counts as the same call."
FAULT = "The real server breaks down with status 500 where the portal refuses with status 400."
LINEAGE = "A copy derives from its original, which the portal tells as cesai.* tags."
LENGTH = "A model's name has 120 characters at most, so that pages and cards can show it."
METHOD = "A wrong method is refused in JSON; the real server sends a page of HTML."
EMPTY_PAGE = "A page of no rows with a token for the next would never end; it is refused."
ABSENT = "The portal does not tell an empty description from none."
BAD_REQUEST = "A refused filter is INVALID_PARAMETER_VALUE throughout."
OBJECT = "A body is a JSON object; a text that holds one is refused."

DIFFERENCES: dict[str, str] = {
    "same version twice: second": SAME_CALL,
    "search models: 0 at most": EMPTY_PAGE,
    "search models: -1 at most": EMPTY_PAGE,
    "search models: name = ('~q-two')": BAD_REQUEST,
    "raw update version: nothing": ABSENT,
    "protocol: twice encoded body": OBJECT,
    **dict.fromkeys(
        (
            "copy: into a new model",
            "copy: into an old model",
            "copy: into its own model",
            "copy: by alias",
            "copy: by stage",
            "copy: by latest",
            "copy: the copy",
            "register: version",
            "register: result",
            "source: a version without its run",
        ),
        LINEAGE,
    ),
    **dict.fromkeys(
        (f"create model: {length} characters" for length in (200, 256, 257, 1000)), LENGTH
    ),
    **dict.fromkeys(
        (
            "raw search models: POST",
            "raw search versions: POST",
            "protocol: GET registered-models/create",
            "protocol: PUT registered-models/create",
            "protocol: POST registered-models/get",
            "protocol: POST registered-models/delete",
            "protocol: PUT registered-models/update",
            "protocol: POST registered-models/update",
            "protocol: DELETE model-versions/get",
            "protocol: GET model-versions/create",
        ),
        METHOD,
    ),
    **dict.fromkeys(
        (
            "raw get version: 20 digits",
            "raw stage: archive others for Archived",
            "raw stage: archive others for None",
            "search models: name IS NULL",
            "search models: tags.size IS NOT NULL",
            "search models by ['name', 'name']",
            "search models by ['timestamp', 'name', 'timestamp']",
            "search models: page 'MQ=='",
            "search versions: run_id IN (a)",
            "search versions: run_id IS NULL",
            "search versions by ['name', 'name']",
            "protocol: list body",
            "protocol: number body",
            "protocol: word body",
        ),
        FAULT,
    ),
}
