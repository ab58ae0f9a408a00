# SPDX-License-Identifier: MIT
"""A number that its provider has a name for."""

from __future__ import annotations

from typing import NoReturn


class MappedInt(int):
    """A number with a label. It is the number where it is compared, and shows the label where it is printed.

    Events share them, so they cannot be changed."""

    label: str

    def __new__(cls, number: int, label: str) -> MappedInt:
        self = super().__new__(cls, number)
        super().__setattr__(self, "label", label)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a MappedInt cannot be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a MappedInt cannot be changed: {name}")

    def __repr__(self) -> str:
        return f"<{self.label}: {int(self)}>"

    def __str__(self) -> str:
        return self.label

    def __format__(self, spec: str) -> str:
        return format(self.label, spec) if not spec or spec[-1] == "s" else format(int(self), spec)

    def __reduce__(self) -> tuple[type[MappedInt], tuple[int, str]]:
        return MappedInt, (int(self), self.label)
