"""What the tests of chaos share."""

import pytest

pytest.register_assert_rewrite("tests.chaos.proof")
