// The table of commands: each is whole, found by its words, and offered after a slip.

#include "command.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace settle::ctl {
namespace {

TEST(Commands, EachHasHelpWithAnExample) {
  std::set<std::string> seen;
  for (const Command& command : commands()) {
    EXPECT_TRUE(seen.insert(command.words).second) << command.words << " is there twice";
    EXPECT_FALSE(command.summary.empty()) << command.words;
    EXPECT_NE(command.example.find("settlectl " + command.words), std::string::npos) << command.words;
    EXPECT_NE(help_of(command).find(command.example), std::string::npos);
    EXPECT_NE(overview().find(command.words), std::string::npos);
    for (const Flag& flag : command.flags)
      EXPECT_FALSE(flag.help.empty()) << command.words << " --" << flag.name;
  }
}

TEST(Commands, AreFoundByTheirWords) {
  for (const Command& command : commands()) {
    std::vector<std::string> words;
    std::istringstream stream(command.words + " operand");
    for (std::string word; stream >> word;) words.push_back(word);
    const auto found = find_command(words);
    ASSERT_TRUE(found.ok()) << command.words;
    EXPECT_EQ(found->command->words, command.words);
    EXPECT_EQ(found->words, words.size() - 1);
  }
}

TEST(Commands, SlipsAreAnsweredWithTheNearest) {
  const auto complaint = [](const std::vector<std::string>& words) {
    return find_command(words).error().detail;
  };
  EXPECT_EQ(complaint({"shwo"}), "\"shwo\" is no command; did you mean \"show\"?");
  EXPECT_EQ(complaint({"participant", "lst"}),
            "\"participant lst\" is no command; did you mean \"participant list\"?");
  EXPECT_EQ(complaint({"participant"}), "participant what? check, list, get, put, delete");
  EXPECT_EQ(complaint({"frobnicate"}), "\"frobnicate\" is no command; settlectl --help lists them");
}

}  // namespace
}  // namespace settle::ctl
