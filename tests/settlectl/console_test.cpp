// Columns are aligned, colours come on terminals only, and what others wrote cannot command the terminal.

#include "console.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "exit_code.hpp"

namespace settle::ctl {
namespace {

std::string printed(const Table& table, bool colours = false) {
  std::ostringstream out, err;
  table.print(Console{out, err, false, colours});
  return out.str();
}

TEST(Console, ColumnsAreAligned) {
  Table table({"NAME", "COUNT", "REMARK"});
  table.add({"a", Cell("5", Colour::none, true), ""});
  table.add({"生日", Cell("1000", Colour::none, true), "x"});
  EXPECT_EQ(printed(table), "NAME  COUNT  REMARK\na         5\n生日     1000  x\n");
}

TEST(Console, ColoursDoNotShiftColumns) {
  Table table({"A", "B"});
  table.add({Cell("x", Colour::red), "y"});
  EXPECT_EQ(printed(table), "A  B\nx  y\n");
  EXPECT_EQ(printed(table, true), "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

TEST(Console, ControlCharactersAreTakenOut) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a [2Jb c ");
  EXPECT_EQ(printable("\xc2\x9b"), " ");  // CSI as one C1 character
  EXPECT_EQ(printable("\xc2\xa9 生"), "\xc2\xa9 生");
  Table table({"A"});
  table.add({"\x1b]0;title\x07"});
  EXPECT_EQ(printed(table), "A\n ]0;title \n");
}

TEST(ExitCode, StandsForStatusAndCode) {
  EXPECT_EQ(exit_of(error_of(404, "not_found", "")), Exit::not_found);
  EXPECT_EQ(exit_of(error_of(409, "state_forbids", "")), Exit::refused);
  EXPECT_EQ(exit_of(error_of(422, "idempotency_key_reused", "")), Exit::refused);
  EXPECT_EQ(exit_of(error_of(422, "cart_id_reused", "")), Exit::refused);
  EXPECT_EQ(exit_of(error_of(422, "invalid_field", "")), Exit::usage);
  EXPECT_EQ(exit_of(error_of(400, "malformed_json", "")), Exit::usage);
  EXPECT_EQ(exit_of(error_of(503, "paused", "")), Exit::server);
  EXPECT_EQ(exit_of(Error{"unreachable", ""}), Exit::unreachable);
}

}  // namespace
}  // namespace settle::ctl
