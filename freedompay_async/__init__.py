"""Issue and manage Freedom Pay cards from asyncio."""
