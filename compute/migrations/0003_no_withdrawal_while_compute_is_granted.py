"""A model for which an allocation is in force cannot be withdrawn, by whichever door."""

from django.db import migrations

# The registry does not know this app, so the rule stands where both meet.
FORWARD = """
CREATE FUNCTION refuse_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM compute_allocation allocation
        JOIN compute_requestline line ON line.id = allocation.line_id
        JOIN compute_request request ON request.id = line.request_id
        WHERE request.model_id = NEW.id AND allocation.state NOT IN ('expired', 'revoked')
    ) THEN
        RAISE EXCEPTION 'allocations are in force for this model'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'model_has_no_allocation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_withdrawal BEFORE UPDATE OF state ON registry_model FOR EACH ROW
    WHEN (NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn')
    EXECUTE FUNCTION refuse_withdrawal();
"""
BACKWARD = """
DROP TRIGGER no_withdrawal ON registry_model;
DROP FUNCTION refuse_withdrawal();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0002_ledger_is_append_only"),
        ("registry", "0003_no_circles"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
