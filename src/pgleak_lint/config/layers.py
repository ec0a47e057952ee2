"""Layers of settings, and the one `Settings` that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pgleak_lint._record import record
from pgleak_lint.config.keys import BY_FIELD, Join, Key, Override
from pgleak_lint.config.kinds import FLAG
from pgleak_lint.config.options import SettingsError, check_choice
from pgleak_lint.config.settings import Settings

ENVIRONMENT = "PGLEAK_LINT_"
_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")
_PRESETS: Mapping[str, Mapping[str, Any]] = {"recommended": {}, "strict": {"strict": True}, "all": {}}
"""What a preset sets beside the choice of rules."""


@record
class Layer:
    """Values by field of `Settings`, and where they came from in words."""

    origin: str
    values: Mapping[str, Any]


@record
class Resolved:
    """The settings for a file, what `Settings` has no field for, and the origin of each that is not the default."""

    settings: Settings
    overrides: tuple[Override, ...]
    origins: Mapping[str, str]

    def value(self, key: Key) -> Any:
        """The value of a key, None where it has none."""
        return self.overrides if key.field == "overrides" else getattr(self.settings, key.field)


def resolve(layers: Sequence[Layer], root: str | None) -> Resolved:
    """Lay the layers over the defaults and the preset that they choose, the farthest first."""
    preset, origin = _preset(layers)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in [Layer(f"preset {preset}", _PRESETS[preset]), *layers]:
        for field, value in _in_order(layer.values):
            key = BY_FIELD.get(field)
            if field == "select":  # who says "only these" means it
                values.pop("extend_select", None)
            if key is not None and key.join is not Join.REPLACE and field in values:
                values[field] = _joined(key, values[field], value)
                origins[field] = f"{origins[field]}, {layer.origin}"
            else:
                values[field] = value
                origins[field] = layer.origin
    values["preset"] = preset
    origins["preset"] = origin
    overrides = values.pop("overrides", ())
    return Resolved(replace(Settings(), **values, root=root), overrides, origins)


def _in_order(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """``select`` first: it takes away what farther layers added, not what its own layer adds."""
    return sorted(values.items(), key=lambda pair: pair[0] != "select")


def _preset(layers: Sequence[Layer]) -> tuple[str, str]:
    for layer in reversed(layers):
        if "preset" in layer.values:
            return layer.values["preset"], layer.origin
    strict = next((layer for layer in reversed(layers) if "strict" in layer.values), None)
    if strict is not None and strict.values["strict"]:
        return "strict", strict.origin
    return "recommended", "default"


def _joined(key: Key, farther: tuple[Any, ...], nearer: tuple[Any, ...]) -> tuple[Any, ...]:
    if key.join is Join.MERGE:
        return tuple({**dict(farther), **dict(nearer)}.items())
    return (*farther, *(item for item in nearer if item not in farther))


def option_layers(values: Mapping[str, Any]) -> list[Layer]:
    """A layer for each option of the command line."""
    return [Layer(f"option --{field.replace('_', '-')}", {field: value}) for field, value in values.items()]


def environment_layers(environ: Mapping[str, str]) -> list[Layer]:
    """A layer for each environment variable that is set and not empty. Raises `SettingsError`."""
    layers, lines = [], []
    for key in BY_FIELD.values():
        name = f"{ENVIRONMENT}{key.env}"
        text = environ.get(name, "") if key.env else ""
        if text:
            value, faults = _flag(name, text) if key.kind is FLAG else key.kind.read(name, text)
            layers.append(Layer(f"environment {name}", {key.field: value}))
            lines += faults
    if lines:
        raise SettingsError(*lines)
    return layers


def _flag(name: str, text: str) -> tuple[bool, list[str]]:
    return text.lower() in _YES, check_choice(name, text.lower(), (*_YES, *_NO))
