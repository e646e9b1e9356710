"""`python -m inventory`."""

from inventory.cli.main import main

if __name__ == "__main__":
    main()
