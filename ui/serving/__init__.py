"""The server: how requests reach the pages and the programs' doors, within which limits, and what is said of them."""
