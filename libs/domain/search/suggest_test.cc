#include "libs/domain/search/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/random.h"
#include "libs/domain/search/suggest_trie.h"
#include "libs/domain/text/normalize.h"
#include "libs/testing/seed.h"

namespace kontor::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = SuggestionKind;

std::shared_ptr<const SuggestIndex> Build(std::vector<SuggestionEntry> entries) {
  auto index = SuggestIndex::Build(std::move(entries));
  EXPECT_TRUE(index.ok()) << index.status();
  return *std::move(index);
}

std::vector<std::string> Texts(const std::vector<Suggestion>& suggestions) {
  std::vector<std::string> texts;
  for (const Suggestion& suggestion : suggestions) texts.push_back(suggestion.text);
  return texts;
}

std::shared_ptr<const SuggestIndex> Shop() {
  static const auto index = Build({
      {.kind = Kind::kQuery, .text = "red shoes", .id = "", .weight = 90, .trend = 2},
      {.kind = Kind::kQuery, .text = "Red  Shoes!", .id = "", .weight = 80},
      {.kind = Kind::kQuery, .text = "running shoes", .id = "", .weight = 70, .trend = 9},
      {.kind = Kind::kQuery, .text = "whirlpool refrigerator", .id = "", .weight = 60},
      {.kind = Kind::kQuery, .text = "redwood stain", .id = "", .weight = 40},
      {.kind = Kind::kCategory, .text = "Shoes", .id = "c1", .weight = 50},
      {.kind = Kind::kBrand, .text = "Redken", .id = "b1", .weight = 30},
      {.kind = Kind::kProduct, .text = "Nike Men's Red Shoe", .id = "p1", .weight = 100},
      {.kind = Kind::kProduct, .text = "Café Crème", .id = "p2", .weight = 10},
      {.kind = Kind::kProduct, .text = "!!!", .id = "p3", .weight = 10},
  });
  return index;
}

TEST(Suggest, CompletesAsOneTypes) {
  EXPECT_THAT(Texts(Shop()->Suggest("red sh")), ElementsAre("red shoes", "Nike Men's Red Shoe"));
  EXPECT_THAT(Texts(Shop()->Suggest("red ")), ElementsAre("red shoes", "Nike Men's Red Shoe"));
  EXPECT_THAT(Texts(Shop()->Suggest("RED")),
              ElementsAre("red shoes", "Nike Men's Red Shoe", "redwood stain", "Redken"));
  EXPECT_THAT(Texts(Shop()->Suggest("cafe c")), ElementsAre("Café Crème"));
  EXPECT_THAT(Shop()->Suggest("xylophone"), IsEmpty());
  EXPECT_EQ(Shop()->size(), 8U);
}

TEST(Suggest, AnEmptyPrefixTellsWhatIsAsked) {
  EXPECT_THAT(Texts(Shop()->Suggest("")), ElementsAre("running shoes", "red shoes"));
  EXPECT_THAT(Texts(Shop()->Suggest(" \xff\x01 ")), ElementsAre("running shoes", "red shoes"));
  EXPECT_THAT(Texts(Shop()->Suggest("", {.limit = 1})), ElementsAre("running shoes"));
  EXPECT_THAT(Shop()->Suggest("", {.limit = 0}), IsEmpty());
}

TEST(Suggest, MendsTypos) {
  EXPECT_THAT(Texts(Shop()->Suggest("sheos")), ElementsAre("Shoes", "red shoes", "running shoes"));
  EXPECT_THAT(Texts(Shop()->Suggest("whirpool re")), ElementsAre("whirlpool refrigerator"));
  EXPECT_THAT(Texts(Shop()->Suggest("refrigirater")), ElementsAre("whirlpool refrigerator"));
  EXPECT_TRUE(Shop()->Suggest("sheos")[0].corrected);
  EXPECT_FALSE(Shop()->Suggest("shoes")[0].corrected);
  EXPECT_THAT(Shop()->Suggest("sheos", {.typos = false}), IsEmpty());
  EXPECT_THAT(Shop()->Suggest("sheos sheos sheos sheos"), IsEmpty());
  EXPECT_THAT(Shop()->Suggest("rdd"), IsEmpty());    // three letters
  EXPECT_THAT(Shop()->Suggest("chose"), IsEmpty());  // the first letter
}

TEST(Suggest, HighlightsWhatWasTyped) {
  const auto one = Shop()->Suggest("mens r");
  ASSERT_EQ(one.size(), 1U);
  EXPECT_THAT(one[0].highlights, ElementsAre(std::pair(5U, 12U)));  // Men's R
  const auto two = Shop()->Suggest("cafe");
  ASSERT_EQ(two.size(), 1U);
  EXPECT_THAT(two[0].highlights, ElementsAre(std::pair(0U, 5U)));  // é has two bytes
}

TEST(Suggest, KeepsQuotas) {
  EXPECT_THAT(Texts(Shop()->Suggest("red", {.limit = 3, .quotas = {1, 0, 1, 1}})),
              ElementsAre("red shoes", "Nike Men's Red Shoe", "Redken"));
  EXPECT_THAT(Texts(Shop()->Suggest("red", {.limit = 2})), ElementsAre("red shoes", "Nike Men's Red Shoe"));
}

TEST(Suggest, RefusesWeightsThatAreNone) {
  for (float weight : {-1.0F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(SuggestIndex::Build({{.text = "a", .id = "", .weight = weight}}).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(SuggestIndex::Build({{.text = "a", .id = "", .trend = weight}}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(Suggest, LivesWithNothingAndWithMuch) {
  const auto empty = Build({});
  EXPECT_THAT(empty->Suggest("a"), IsEmpty());
  EXPECT_THAT(empty->Suggest(""), IsEmpty());
  EXPECT_THAT(empty->Suggest("aaaaaaa bbbbbbbb"), IsEmpty());
  const auto longest = Build({{.text = std::string(5'000, 'a'), .id = "", .weight = 1}});
  EXPECT_EQ(longest->Suggest(std::string(10'000, 'a')).size(), 1U);
}

int Distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      int best = i == 0 ? static_cast<int>(j) : j == 0 ? static_cast<int>(i) : 1 << 20;
      if (i > 0 && j > 0)
        best = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) best = std::min(best, d[i - 2][j - 2] + 1);
      d[i][j] = best;
    }
  }
  return d[a.size()][b.size()];
}

std::string RandomWord(base::Random& random, uint64_t letters_max) {
  std::string word;
  for (uint64_t i = random.Below(letters_max) + 1; i > 0; --i) word.push_back(static_cast<char>('a' + random.Below(3)));
  return word;
}

TEST(WordTrie, FindsExactlyTheWordsWithinTheDistance) {
  base::Random random(kontor::testing::Seed());
  for (int round = 0; round < 300; ++round) {
    std::set<std::string> words;
    for (int i = 0; i < 40; ++i) words.insert(RandomWord(random, 7));
    std::vector<WordTrie::Word> sorted;
    for (const std::string& word : words) sorted.push_back({word, 1});
    const WordTrie trie(sorted);
    const std::string typed = RandomWord(random, 7);
    const int edits = 1 + static_cast<int>(random.Below(2));
    // The first letter stays: what follows has the distance.
    std::set<std::string> expected, found, beginnings, found_beginnings;
    for (const std::string& word : words) {
      if (word[0] != typed[0]) continue;
      if (Distance(typed.substr(1), word.substr(1)) <= edits) expected.insert(word);
      for (size_t size = 1; size <= word.size(); ++size) {
        if (Distance(typed.substr(1), word.substr(1, size - 1)) > edits) continue;
        beginnings.insert(word.substr(0, size));
        break;
      }
    }
    for (const auto& mending : trie.Mend(typed, true, edits, 1'000)) {
      found.insert(mending.text);
      ASSERT_EQ(mending.distance, Distance(typed.substr(1), mending.text.substr(1)));
    }
    for (const auto& mending : trie.Mend(typed, false, edits, 1'000)) found_beginnings.insert(mending.text);
    ASSERT_EQ(found, expected) << typed;
    ASSERT_EQ(found_beginnings, beginnings) << typed;
  }
}

// The contract, entry by entry.
std::vector<std::string> BruteForce(const std::vector<SuggestionEntry>& entries, const std::string& form, bool ended,
                                    const SuggestOptions& options) {
  std::vector<std::tuple<float, int, std::string, std::string>> matches;
  for (const SuggestionEntry& entry : entries) {
    const std::string text = text::NormalForm(entry.text);
    size_t starts = 0;
    for (size_t at = 0; at < text.size() && starts < SuggestIndex::kStartsMax; ++starts) {
      const std::string rest = text.substr(at);
      if (absl::StartsWith(rest, form) && (!ended || rest.size() == form.size() || rest[form.size()] == ' ')) {
        matches.emplace_back(-(at == 0 ? entry.weight : entry.weight / 2), static_cast<int>(entry.kind), text,
                             entry.text);
      }
      at = text.find(' ', at);
      at = at == std::string::npos ? text.size() : at + 1;
    }
  }
  std::stable_sort(matches.begin(), matches.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a), std::get<2>(a)) <
           std::tie(std::get<0>(b), std::get<1>(b), std::get<2>(b));
  });
  std::vector<std::string> texts;
  std::set<std::string> seen;
  std::array<size_t, kSuggestionKinds> left = options.quotas;
  for (const auto& [weight, kind, normal, text] : matches) {
    if (texts.size() == options.limit || left[kind] == 0 || !seen.insert(normal).second) continue;
    --left[kind];
    texts.push_back(text);
  }
  return texts;
}

TEST(Suggest, EqualsBruteForce) {
  base::Random random(kontor::testing::Seed());
  for (int round = 0; round < 100; ++round) {
    std::vector<SuggestionEntry> entries;
    std::set<std::pair<std::string, int>> used;
    for (int i = 0; i < 150; ++i) {
      std::string text = RandomWord(random, 3);
      for (uint64_t words = random.Below(8); words > 0; --words) absl::StrAppend(&text, " ", RandomWord(random, 3));
      const int kind = static_cast<int>(random.Below(4));
      if (!used.emplace(text, kind).second) continue;
      entries.push_back({static_cast<Kind>(kind), text, "", static_cast<float>(random.Below(8)), 0});
    }
    const auto index = Build(entries);
    for (int ask = 0; ask < 50; ++ask) {
      std::string prefix = RandomWord(random, 3);
      if (random.Chance(0.4)) absl::StrAppend(&prefix, " ", RandomWord(random, 2));
      const bool ended = random.Chance(0.3);
      const SuggestOptions options{.limit = 1 + random.Below(12),
                                   .quotas = {random.Below(8), random.Below(4), random.Below(4), random.Below(5)},
                                   .typos = false};
      ASSERT_EQ(Texts(index->Suggest(prefix + (ended ? " " : ""), options)),
                BruteForce(entries, prefix, ended, options))
          << prefix;
      // With typos, exact matches stay in front.
      SuggestOptions mending = options;
      mending.typos = true;
      const auto more = index->Suggest(prefix + (ended ? " " : ""), mending);
      const auto exact = BruteForce(entries, prefix, ended, options);
      ASSERT_GE(more.size(), exact.size());
      for (size_t i = 0; i < more.size(); ++i) {
        ASSERT_EQ(more[i].corrected, i >= exact.size());
        ASSERT_TRUE(i >= exact.size() || more[i].text == exact[i]);
      }
    }
  }
}

}  // namespace
}  // namespace kontor::search
