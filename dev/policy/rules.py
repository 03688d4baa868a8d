"""Where policy stands, as data."""

from __future__ import annotations

CODE = ("projects", "registry", "compute", "cesai")
# What makes or moves data outside of anybody's call.
APART = {"migrations", "management", "seeding", "catalogue", "backup"}

# Functions of which every condition is policy, by file; `*` stands for all of a file or class.
WHOLE: dict[str, tuple[str, ...]] = {
    "projects/scoping.py": ("*",),
    "projects/access.py": ("*",),
    "projects/bearer.py": ("*",),
    "projects/gates.py": ("*",),
    "projects/entitlements.py": ("*",),
    "projects/actions/federation.py": ("*",),
    "projects/openid.py": ("Adapter.*", "SocialAdapter.*", "_take_address"),
    "projects/roles.py": ("*",),
    "projects/admin.py": ("ReadOnly.*", "Kept.*", "Users.*", "Memberships.*"),
    "projects/models/people.py": ("Standing.*", "User.*"),
    "projects/models/tokens.py": ("AccessToken.allows", "token_with"),
    "projects/models/projects.py": ("ProjectQuerySet.of",),
    "projects/models/notices.py": ("people_of", "leads_of", "staff_with"),
    "projects/actions/notices.py": ("tell", "mark_read"),
    "compute/access.py": ("*",),
    "compute/models/seeing.py": ("*",),
    "compute/actions/requests.py": ("check_may_decide", "check_not_recused"),
    "registry/access.py": ("*",),
    "registry/detect.py": ("look_around",),
    "registry/actions/audience.py": ("*",),
    "registry/models/visibility.py": ("*",),
    "registry/models/case_sight.py": ("*",),
    "registry/models/overlaps.py": ("sees_confidential",),
    "registry/models/candidates.py": ("Sight.*",),
    "registry/models/models.py": (
        "ModelQuerySet.visible_as_member",
        "ModelQuerySet.open_to_partners",
    ),
    "registry/mlflow/caller.py": ("caller_of", "_home"),
    "registry/mlflow/names.py": (
        *("named_sql", "models_of", "named", "keys_named"),
        *("model_named", "version_numbered", "home_group"),
    ),
    "registry/mlflow/rows.py": ("_project_rights",),
    "cesai/gates.py": ("*",),
    "cesai/idempotency.py": ("_caller", "_take"),
    "cesai/metrics.py": ("_is_allowed",),
    "cesai/pages/demo.py": ("*",),
}
WHOLE_EVERYWHERE = {"visible_to", "operated_by"}  # methods of any query set

# Calls that leave the rows a person may see; without them all rows are left.
NARROWING = (
    *("visible_to", "visible_as_member", "operated_by", "open_to_partners"),
    "Project.objects.of",
)
# The same as SQL, with what lets everything through.
OPENED = {"open_sql": '("true", [])', "member_sql": '("true", [])'}

# Calls that fetch a row for a verb, and statements that only let pass who may.
FETCHES = ("get_", "model_named", "version_numbered")
GUARDS = ("require", "check_may_decide", "check_not_recused", "check_allocation")
REFUSALS = {"NotAllowed", "NotThere", "PermissionDenied", "Http404"}
LOG_IN = "login_required"

# SQL that is policy: (file, constant).
SQL = (
    ("projects/models/people.py", "STANDING_COLUMNS"),
    ("projects/models/people.py", "NAMEABLE"),
    ("registry/models/visibility.py", "_OPEN"),
    ("registry/models/candidates.py", "PARTNERS_SEE"),
    ("registry/mlflow/names.py", "_NAMED"),
)
# Sets of roles over the whole portal, beside the table from roles to verbs.
ROLES = "projects/roles.py"
TABLE = "ROLE_VERBS"
ROLE_SETS = ("SEES_EVERYTHING", "SEES_CONFIDENTIAL")

# What is looked at first, if there is not time for all.
FIRST = (
    *(
        "projects/roles.py",
        "projects/scoping.py",
        "projects/access.py",
        "compute/access.py",
        "registry/access.py",
    ),
    *("registry/models/visibility.py", "compute/models/seeing.py", "visible_to:"),
    *("projects/models/people.py", "projects/bearer.py", "/models/"),
)
# The tests that are asked: quick ones, without a browser, a real cluster or a second process.
TESTS = (
    *(
        "tests/test_routes.py",
        "tests/test_sight.py",
        "tests/projects",
        "tests/registry",
        "tests/compute",
    ),
    *("tests/overlap", "tests/mlflow", "tests/cesai"),
)
# Files that begin so change other processes, or speak of no person.
NOT_ASKED = (
    *("test_same_as_real_server", "test_compare", "test_gunicorn", "test_backup", "test_migrate"),
    *("test_sbatch_", "test_script_", "test_markdown", "test_licences", "test_cards_refused"),
    *("test_geography", "test_scorer", "test_text", "test_evaluation", "test_terms"),
    *("test_words", "test_settings", "test_seed_load", "test_load_demo", "test_list_queries"),
)
MARKS_NOT_ASKED = "not browser and not real_slurm and not long"
# Tests that run the lines of another one with the same parameters: they call the same route.
ALIKE = {
    "test_each_caller_gets_what_the_table_says": (
        "test_without_a_valid_token_nothing_is_served",
        "test_a_token_that_may_only_read_changes_nothing",
        "test_no_outsider_ever_reads_a_private_word",
    ),
    "test_each_client_of_mlflow_gets_what_the_table_says": (
        "test_without_a_valid_token_mlflow_serves_nothing",
        "test_a_token_that_may_only_read_changes_nothing_by_mlflow",
        "test_mlflow_tells_no_outsider_a_private_word",
    ),
    "test_each_person_gets_the_pages_that_the_table_says": (
        "test_without_log_in_a_page_leads_to_the_log_in",
        "test_no_page_shows_an_outsider_a_private_word",
    ),
}
