"""Objects that belong to their process, and say so where they are pickled or copied."""

from __future__ import annotations

from typing import ClassVar, NoReturn

__all__ = ["Staying"]


class Staying:
    """Holds what can't leave its process: connections, a thread, an event loop."""

    __slots__ = ()
    INSTEAD: ClassVar[str] = "make one where it is needed"
    """What to do instead of pickling it."""

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} is not pickled or copied, because it belongs to its process: "
            f"{self._instead()}"
        )

    def _instead(self) -> str:
        return self.INSTEAD
