from django.db import migrations

# As Django's createcachetable makes it: for what all web processes must know for a while.
FORWARD = """
CREATE TABLE cesai_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX cesai_cache_expires ON cesai_cache (expires);
"""


class Migration(migrations.Migration):

    dependencies = [("projects", "0017_federation")]

    operations = [migrations.RunSQL(FORWARD, "DROP TABLE cesai_cache")]
