"""Time zones come from the locked data, whatever the machine has."""

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

ASK = """
from datetime import date
from process.calendar import start_of, zone_exists
print(start_of(date(2026, 7, 1), "Europe/Berlin"), zone_exists("Nowhere/Else"))
"""


def test_the_systems_time_zones_are_not_read(tmp_path: Path) -> None:
    zones = resources.files("tzdata.zoneinfo")
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe/Berlin").write_bytes(zones.joinpath("Asia/Tokyo").read_bytes())
    (tmp_path / "Nowhere").mkdir()
    (tmp_path / "Nowhere/Else").write_bytes(zones.joinpath("Asia/Tokyo").read_bytes())
    environment = os.environ | {"PYTHONTZPATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    said = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == "2026-06-30 22:00:00+00:00 False\n"
