// The flags of a service, and what it says when it cannot start.

#include <gtest/gtest.h>

#include <fstream>

#include "process.hpp"
#include "settle/kit/service_main.hpp"

namespace settle::kit::test {
namespace {

const ServiceSpec spec{"settle-x", "an example", {{"size", "N", "how big", "7"}}};

TEST(Options, AreReadInBothForms) {
  const auto options = parse_options(
      spec, {"--port", "8080", "--data=x.db", "--secret-file", "s", "--base-path=/x", "--admin", "--size=9"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->port, 8080);
  EXPECT_EQ(options->data, "x.db");
  EXPECT_EQ(options->secret_file, "s");
  EXPECT_EQ(options->base_path, "/x");
  EXPECT_TRUE(options->admin);
  EXPECT_EQ(options->flags.at("size"), "9");
}

TEST(Options, HaveDefaults) {
  const auto options = parse_options(spec, {"--data", "x.db", "--secret-file", "s"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->port, 0);
  EXPECT_FALSE(options->admin);
  EXPECT_EQ(options->flags.at("size"), "7");
}

TEST(Options, WrongUsageIsSaid) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"--data", "x.db"},
      {"--secret-file", "s"},
      {"--data"},
      {"--data", "x.db", "--secret-file", "s", "--port", "70000"},
      {"--data", "x.db", "--secret-file", "s", "--port", "eighty"},
      {"--data", "x.db", "--secret-file", "s", "--base-path", "x"},
      {"--data", "x.db", "--secret-file", "s", "--secret", "whsec_x"},
      {"--data", "x.db", "--secret-file", "s", "stray"},
  };
  for (const auto& arguments : wrong) {
    const auto options = parse_options(spec, arguments);
    ASSERT_FALSE(options) << arguments.size();
    EXPECT_EQ(options.error().code, "usage");
  }
}

TEST(Options, EachServiceExplainsItself) {
  for (const char* name : {"inventory", "payment", "card", "merchant"}) {
    const Ran ran = run({service_path(name), "--help"});
    EXPECT_EQ(ran.exit_code, 0);
    EXPECT_NE(ran.output.find("--secret-file"), std::string::npos);
  }
}

TEST(Options, AServiceThatCannotStartSaysWhy) {
  const TempDir folder;
  std::ofstream(folder.file("secret")) << secret_text << "\n";
  std::ofstream(folder.file("bad-secret")) << "whsec_short\n";
  std::ofstream(folder.file("foreign")) << std::string(4096, 'x');
  const std::string service = service_path("inventory");

  EXPECT_EQ(run({service}).exit_code, 2);
  const Ran no_secret =
      run({service, "--data", folder.file("a.db"), "--secret-file", folder.file("nowhere")});
  EXPECT_EQ(no_secret.exit_code, 1);
  EXPECT_NE(no_secret.output.find("file_unreadable"), std::string::npos);
  const Ran bad = run({service, "--data", folder.file("a.db"), "--secret-file", folder.file("bad-secret")});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_EQ(bad.output.find("whsec_short"), std::string::npos);
  const Ran foreign =
      run({service, "--data", folder.file("foreign"), "--secret-file", folder.file("secret")});
  EXPECT_EQ(foreign.exit_code, 1);
  EXPECT_NE(foreign.output.find("database_open"), std::string::npos);

  const auto running = start(folder, "inventory");
  const Ran taken = run({service, "--data", folder.file("b.db"), "--secret-file", folder.file("secret"),
                         "--port", std::to_string(running->port())});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_NE(taken.output.find("listen_failed"), std::string::npos);
}

}  // namespace
}  // namespace settle::kit::test
