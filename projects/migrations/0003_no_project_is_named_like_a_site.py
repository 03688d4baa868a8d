"""A project's short name leaves out the names of a site's own users; no row is touched."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_events_are_append_only")]
    operations = [
        migrations.AlterField(
            model_name="project",
            name="slug",
            field=models.CharField(
                max_length=24,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        r"^(?!(?:control|slurm|munge|root|admin|operator|portal)\Z)[a-z][a-z0-9-]{1,23}\Z",
                        "2 to 24 small letters, digits and hyphens, beginning with a letter;"
                        " not a site's own name.",
                    )
                ],
                verbose_name="short name",
            ),
        ),
    ]
