"""Nobody changes the ledger or an award; corrections are rows of their own."""

from django.db import migrations

TABLES = ("compute_ledgerentry", "compute_awardline")
FORWARD = [
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    for table in TABLES
]
BACKWARD = [f"DROP TRIGGER append_only ON {table}" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [("compute", "0001_where"), ("projects", "0002_events_are_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
