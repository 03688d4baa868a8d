"""Where a model is looked for follows its facts, whoever writes them and however many at once."""

from django.db import migrations

# The words of the blocks come from the application, which knows the tree of tasks; size and day
# are arithmetic. What ended or was merged is not looked for.
FUNCTION = """
CREATE FUNCTION keep_blocks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM registry_block WHERE model_id = NEW.id;
    END IF;
    IF NEW.state IN ('withdrawn', 'abandoned') OR NEW.merged_into_id IS NOT NULL THEN
        RETURN NEW;
    END IF;
    INSERT INTO registry_block (model_id, key, size, day)
    SELECT NEW.id, key, CASE WHEN NEW.parameters > 0 THEN log(NEW.parameters) END,
        coalesce(
            NEW.window_start + (coalesce(NEW.window_end, NEW.window_start) - NEW.window_start) / 2,
            NEW.released_on,
            NEW.created_at::date
        ) - DATE '2000-01-01'
    FROM unnest(NEW.blocks) key;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_blocks
    AFTER INSERT OR UPDATE OF blocks, parameters, window_start, window_end, released_on, state,
        merged_into_id ON registry_model
    FOR EACH ROW EXECUTE FUNCTION keep_blocks();
"""
DROP = """
DROP TRIGGER keep_blocks ON registry_model;
DROP FUNCTION keep_blocks();
"""
# Days of release that the figures hold already; the newest statement of each model counts.
RELEASES = """
UPDATE registry_model SET released_on = known.day
FROM (
    SELECT DISTINCT ON (model_id) model_id, day FROM registry_figure
    WHERE kind = 'released_on' AND day IS NOT NULL ORDER BY model_id, recorded_at DESC
) known
WHERE known.model_id = registry_model.id;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_similar_efforts")]

    operations = [
        migrations.RunSQL(FUNCTION, DROP),
        migrations.RunSQL(RELEASES, migrations.RunSQL.noop),
    ]
