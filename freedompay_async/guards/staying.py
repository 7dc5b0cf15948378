"""Objects that belong to their process, and refuse to be pickled or copied."""

from __future__ import annotations

from typing import ClassVar, NoReturn

__all__ = ["Staying"]


class Staying:
    """The base of what can't leave its process: it holds connections, a thread or a loop."""

    __slots__ = ()
    INSTEAD: ClassVar[str] = "make one where it is needed"
    """What to do instead, for the error."""

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} is not pickled or copied, because it belongs to its process: "
            f"{self._instead()}"
        )

    def _instead(self) -> str:
        return self.INSTEAD
