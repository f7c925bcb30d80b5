#include <cmath>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/als_bench.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/neighbours.h"

namespace kontor::bench {
namespace {

using namespace recommendations;  // NOLINT: a program

constexpr uint32_t kUsers = 1'000'000, kItems = 100'000;

double ResidentGib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    double kib = 0;
    if (words.size() >= 2 && words[0] == "VmRSS" && absl::SimpleAtod(words[1], &kib)) return kib / (1 << 20);
  }
  return 0;
}

// One to five baskets of one to five items, popular ones more often.
Baskets MadeBaskets() {
  base::Random random(7);
  Baskets baskets(kItems);
  for (uint32_t user = 0; user < kUsers; ++user) {
    const uint64_t count = 1 + random.Below(5);
    for (uint64_t basket = 0; basket < count; ++basket) {
      std::vector<ItemId> items;
      for (uint64_t line = 1 + random.Below(5); line > 0; --line) {
        items.push_back(static_cast<ItemId>(std::pow(random.Uniform(), 3) * kItems));
      }
      baskets.AddBasket(static_cast<int64_t>(86'400 * basket), kNone, std::move(items));
    }
    baskets.EndUser();
  }
  return baskets;
}

}  // namespace

void RunMemory(std::vector<Figure>& figures) {
  const Baskets baskets = MadeBaskets();
  std::vector<uint64_t> persons(kUsers);
  for (uint32_t user = 0; user < kUsers; ++user) persons[user] = user + 1;
  base::ByteWriter file;
  Neighbours::Train(baskets, persons, NeighboursOptions()).Save(file);
  const double before = ResidentGib();
  base::ByteReader in(file.bytes());
  const Neighbours loaded = Neighbours::Load(in, kItems);
  const double gib = ResidentGib() - before;
  figures.push_back({"memory_gib_per_million_users", gib, "GiB", 0.4,
                     absl::StrFormat("what a model keeps of people: %d loaded, %d lines; the process's resident memory",
                                     loaded.users(), baskets.lines())});
  std::cout << absl::StrFormat("  a million customers: %.3f GiB\n", gib) << std::flush;
}

}  // namespace kontor::bench
