"""`python -m cesai_client` is the command `cesai`."""

from cesai_client.cli.main import main

if __name__ == "__main__":
    main()
