"""What every command does around its own work: parse flags, tell errors in one line, exit code."""

import functools
import logging
import signal
import sys
import warnings

from absl import app, flags
from absl import logging as absl_logging

from aaa_tf.errors import ExportError, InputError, Interrupted, NonFiniteError, WorkerLostError
from aaa_tf.provenance import git_commit


def run_command(define_flags, main, *, takes_arguments=False) -> None:
    """Defines the flags, runs `main()` and exits.

    With `takes_arguments`, what is no flag is handed on: `main(arguments)`, a list of str.

    Exit codes: 0; 2 for input that cannot be used; 1 for a training that failed or lost a
    worker, or an export that failed its check; 143 after SIGTERM or SIGINT in a training, with the
    work saved; 130 after SIGINT elsewhere.
    """
    names_before = set(flags.FLAGS)
    define_flags()
    for name in set(flags.FLAGS) - names_before:
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flags.FLAGS[name])
    # Notices of savers and of functions traced for the first time, which are not for users.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    absl_logging.set_verbosity(absl_logging.WARNING)
    warnings.formatwarning = lambda message, *_: f"warning: {message}\n"
    # Arguments may stand before flags: bin/serve NAME --rest_port=80.
    flags.FLAGS.set_gnu_getopt(takes_arguments)
    app.run(
        lambda argv: _call(functools.partial(main, argv[1:]) if takes_arguments else main),
        flags_parser=functools.partial(_parse, takes_arguments=takes_arguments),
    )


def _parse(argv, *, takes_arguments):
    try:
        positional = flags.FLAGS(argv)
    except flags.Error as error:
        _fail(str(error), 2)
    except SystemExit:
        # absl's --help, which has printed everything and would exit with 1.
        sys.exit(0)
    if len(positional) > 1 and not takes_arguments:
        _fail(f"unexpected argument '{positional[1]}'; flags are written --name=value", 2)
    return positional


def _call(main):
    # The sources that are loaded now, whatever is committed while this runs.
    git_commit()
    try:
        main()
    except InputError as error:
        _fail(str(error), 2)
    except OSError as error:
        _fail(f"{error.filename or 'writing'}: {error.strerror or error}", 2)
    except (NonFiniteError, WorkerLostError, ExportError) as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        # Outside a training, which saves its work first and raises Interrupted.
        _fail("interrupted", 128 + signal.SIGINT)
    except Interrupted as error:
        print(error, file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)


def _fail(line, code):
    print(f"error: {line}", file=sys.stderr)
    sys.exit(code)
