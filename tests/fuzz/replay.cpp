// Gives a target the files it is named, one after the other: the corpus as an ordinary test, with any
// compiler. A failure stops the process, as it does under the fuzzer.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "input.hpp"

namespace {

void replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::cout << path.filename().string() << ' ' << bytes.size() << std::endl;  // before it may stop us
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int count, char** names) {
  int replayed = 0;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(names[i])) {
      replay(names[i]), ++replayed;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(names[i])) replay(entry.path()), ++replayed;
  }
  std::cout << replayed << " replayed" << std::endl;
  return replayed == 0 ? 1 : 0;  // an empty corpus tests nothing
}
