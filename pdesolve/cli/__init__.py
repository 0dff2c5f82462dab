"""The command line: arguments in, results out; the only room that parses arguments and prints."""
