"""`leads web` as it is started."""

import pytest

from config.settings import SettingsError
from starter.web.application import serve
from tests.support.pages import no_temporal, web_settings


async def test_it_refuses_to_show_leads_to_strangers() -> None:
    settings = web_settings("sqlite:////nowhere.sqlite")
    with pytest.raises(SettingsError, match="could see and decide every lead"):
        await serve(await no_temporal(), settings, "0.0.0.0", 1)
