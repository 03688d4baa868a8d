"""`python -m dev.europe`: makes the map's data files again, and their checksums."""

from __future__ import annotations

import hashlib

from dev.europe import gazetteer, outlines, sources
from projects.geography import places, shapes


def main() -> None:
    """Write the files and name the locations of the catalogue that the gazetteer lacks."""
    shapes.FILE.write_text(outlines.text(sources.countries()), encoding="utf-8")
    places.FILE.write_text(gazetteer.text(sources.cities()), encoding="utf-8")
    files = (shapes.FILE, places.FILE)
    digests = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    shapes.FILE.with_name("CHECKSUMS").write_text("".join(sorted(digests)), encoding="utf-8")
    for file in files:
        print(f"{file.name}: {file.stat().st_size} bytes")
    for country, location in sorted(set(gazetteer.catalogued())):
        if places.place_of(location, country) is None:
            print(f"not in the gazetteer: {location} ({country})")


if __name__ == "__main__":
    main()
