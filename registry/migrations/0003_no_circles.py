"""No version and no dataset descends from itself, whoever writes the edge and however many at once."""

from django.db import migrations

# An edge child → parent closes a circle only if the parent descends from the child, which takes a
# child that has children and a parent that has parents: nearly every edge is settled by two looks
# at an index. Writers take turns by an advisory lock, so that of A→B and B→A the second one sees
# the first. A version made in the running transaction is unknown to everybody else and needs no
# turn; that keeps registrations from waiting for each other.
FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.parent_id IS NULL THEN
        RETURN NEW;
    END IF;
    {turn}
    IF NOT EXISTS (SELECT 1 FROM {edges} WHERE parent_id = NEW.child_id)
       OR NOT EXISTS (SELECT 1 FROM {edges} WHERE child_id = NEW.parent_id) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        WITH RECURSIVE above(id) AS (
            SELECT NEW.parent_id
            UNION
            SELECT edge.parent_id FROM above JOIN {edges} edge ON edge.child_id = above.id
            WHERE edge.parent_id IS NOT NULL
        )
        SELECT 1 FROM above WHERE id = NEW.child_id
    ) THEN
        RAISE EXCEPTION 'the parent descends from the child'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{constraint}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER acyclic BEFORE INSERT OR UPDATE OF child_id, parent_id ON {edges}
    FOR EACH ROW EXECUTE FUNCTION {name}();
"""
VERSIONS = FUNCTION.format(
    name="refuse_circle_of_versions",
    edges="registry_derivation",
    constraint="derivation_acyclic",
    turn="""IF NOT EXISTS (
        SELECT 1 FROM registry_version WHERE id = NEW.child_id
        AND transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        PERFORM pg_advisory_xact_lock(hashtext('registry_derivation'));
    END IF;""",
)
DATASETS = FUNCTION.format(
    name="refuse_circle_of_datasets",
    edges="registry_datasetderivation",
    constraint="dataset_acyclic",
    turn="PERFORM pg_advisory_xact_lock(hashtext('registry_datasetderivation'));",
)
# What lists and searches read of the models that were there before.
FILL = """
UPDATE registry_model SET
    qualified = partner.slug || '.' || team.slug || '.' || registry_model.name,
    confirmed_at = registry_model.created_at,
    words = registry_model.name || E'\\n' || registry_model.description
FROM projects_group team JOIN projects_partner partner ON partner.id = team.partner_id
WHERE team.id = registry_model.group_id;
INSERT INTO registry_figure
    (id, model_id, kind, stage, value, source, confidence, as_of, note, recorded_at, recorded_by_id)
SELECT gen_random_uuid(), model.id, given.kind, 'plan', given.value, 'declared', '',
    model.updated_at::date, '', model.updated_at, model.created_by_id
FROM registry_model model,
    LATERAL (VALUES ('parameters', model.parameters), ('tokens', model.tokens)) given(kind, value)
WHERE given.value IS NOT NULL;
"""
DROP = """
DROP TRIGGER acyclic ON registry_derivation;
DROP FUNCTION refuse_circle_of_versions();
DROP TRIGGER acyclic ON registry_datasetderivation;
DROP FUNCTION refuse_circle_of_datasets();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_figures_and_lineage")]
    operations = [
        migrations.RunSQL(VERSIONS, DROP),
        migrations.RunSQL(DATASETS, migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
