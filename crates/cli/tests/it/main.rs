//! Tests of the program as a user calls it.

mod new_and_lint;
