"""Commands in messages are as one types them on one's system."""

import sys

import pytest

from datamaestro.user_paths import typed


@pytest.mark.parametrize(
    ("platform", "told"),
    [
        ("linux", r"lock -o '/data sets/x.lock' 'C:\x.lock' id"),
        ("win32", r'lock -o "/data sets/x.lock" C:\x.lock id'),
    ],
)
def test_a_command_is_quoted_for_the_shell_of_the_system(platform, told, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    assert typed(["lock", "-o", "/data sets/x.lock", r"C:\x.lock", "id"]) == told
