"""Blocks of own and wider tasks apart, English among them, and in size classes."""

from django.db import migrations, models

FUNCTION = """
CREATE OR REPLACE FUNCTION keep_blocks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM registry_block WHERE model_id = NEW.id;
    END IF;
    IF NEW.state IN ('withdrawn', 'abandoned') OR NEW.merged_into_id IS NOT NULL THEN
        RETURN NEW;
    END IF;
    INSERT INTO registry_block (model_id, key, size, {column}day)
    SELECT NEW.id, key,
        CASE WHEN NEW.parameters > 0 THEN log(NEW.parameters) END,
        {value}
        coalesce(
            NEW.window_start + (coalesce(NEW.window_end, NEW.window_start) - NEW.window_start) / 2,
            NEW.released_on,
            NEW.created_at::date
        ) - DATE '2000-01-01'
    FROM unnest(NEW.blocks) key;
    RETURN NEW;
END $$;
"""
WITH_STEP = FUNCTION.format(
    column="step, ",
    value="CASE WHEN NEW.parameters > 0 THEN floor(log(NEW.parameters) / 0.15) END,",
)
WITHOUT_STEP = FUNCTION.format(column="", value="")
# The words of the blocks come from the application: the next comparison writes them.
AGAIN = """
UPDATE registry_model SET blocks = '{}', assess_due_at = now()
WHERE state NOT IN ('withdrawn', 'abandoned') AND merged_into_id IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_blocks_follow_the_models")]

    operations = [
        migrations.AddField("block", "step", models.SmallIntegerField(null=True)),
        migrations.AddIndex(
            "block",
            models.Index(fields=["key", "step", "day", "model"], name="block_by_step"),
        ),
        migrations.RunSQL(WITH_STEP, WITHOUT_STEP),
        migrations.RunSQL(AGAIN, AGAIN),
    ]
