"""The shared state of one process keeps the contract."""

import pytest
from tests.unit.shared_state_contract import SharedStateContract

from sipapp.state.memory import MemoryState


class TestMemoryState(SharedStateContract):
    @pytest.fixture
    def state(self, clock):
        return MemoryState(clock)
