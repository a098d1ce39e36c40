"""A package can be left out while others look for it, and is there for whoever needs it."""

import importlib
import sys

import pytest

from portal.foundation.loading import only_when_called, without


def test_a_package_that_is_left_out_looks_as_if_it_were_not_installed_and_can_be_had_afterwards() -> None:
    sys.modules.pop("this", None)
    with without("this"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("this")
    assert "this" not in sys.modules
    assert importlib.util.find_spec("this") is not None


def test_what_is_loaded_already_stays() -> None:
    with without("json"):
        assert importlib.import_module("json") is json_before
    assert sys.modules["json"] is json_before


json_before = importlib.import_module("json")


def test_a_module_that_only_one_function_is_wanted_of_is_loaded_when_that_is_called() -> None:
    sys.modules.pop("colorsys", None)
    with only_when_called("colorsys", "rgb_to_hls"):
        stand_in = importlib.import_module("colorsys")
    assert "colorsys" not in sys.modules
    assert stand_in.rgb_to_hls(1.0, 1.0, 1.0) == (0.0, 1.0, 0.0)
    assert sys.modules["colorsys"] is not stand_in
    with only_when_called("json", "dumps"):
        assert importlib.import_module("json") is json_before
