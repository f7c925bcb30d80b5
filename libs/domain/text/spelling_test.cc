#include "libs/domain/text/spelling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/csv.h"
#include "libs/base/random.h"
#include "libs/domain/text/edit_cost.h"
#include "libs/domain/text/unicode.h"
#include "libs/testing/seed.h"

namespace kontor::text {
namespace {

using Action = SpellingVerdict::Action;
using ::testing::ElementsAre;

const Analyzer& English() {
  static const auto& analyzer = *Analyzer::Create({})->release();
  return analyzer;
}

std::shared_ptr<const SpellingDictionary> Dictionary(const std::vector<std::pair<std::string, int>>& titles) {
  SpellingDictionary::Builder builder;
  std::vector<Token> tokens;
  for (const auto& [title, times] : titles) {
    English().Analyze(title, tokens);
    for (int i = 0; i < times; ++i) builder.Add(tokens);
  }
  builder.AddKnown("please");
  return std::move(builder).Build();
}

std::shared_ptr<const SpellingDictionary> Shop() {
  static const auto dictionary = Dictionary({{"steel wire mesh panel", 20},
                                             {"wireless door bell", 30},
                                             {"rheem water heater", 10},
                                             {"refrigerator with ice maker", 12},
                                             {"patio chair with cushion", 8},
                                             {"panel saw DW745", 3},
                                             {"red curtain", 10},
                                             {"white certain teed siding", 40},
                                             {"cell phone", 10},
                                             {"ceiling fan with light", 10},
                                             {"light bulb", 10}});
  return dictionary;
}

std::string Corrected(absl::string_view text) { return Shop()->CorrectText(English(), text).text; }

TEST(CostOfTyping, WeighsEdits) {
  const auto cost = [](absl::string_view typed, absl::string_view meant) {
    std::vector<char32_t> a, b;
    Decode(typed, a);
    Decode(meant, b);
    return CostOfTyping(a, b, 2).cost;
  };
  EXPECT_FLOAT_EQ(cost("chair", "chair"), 0);
  EXPECT_FLOAT_EQ(cost("chiar", "chair"), 0.6F);   // swap
  EXPECT_FLOAT_EQ(cost("hcair", "chair"), 1.2F);   // of the first two
  EXPECT_FLOAT_EQ(cost("chairr", "chair"), 0.5F);  // doubled
  EXPECT_FLOAT_EQ(cost("rubon", "rubbon"), 0.5F);  // not doubled
  EXPECT_FLOAT_EQ(cost("cheir", "chair"), 0.7F);   // vowels
  EXPECT_FLOAT_EQ(cost("khair", "chair"), 1.3F);   // sound, first letter
  EXPECT_FLOAT_EQ(cost("chaur", "chair"), 0.7F);   // vowels and neighbours: the cheaper
  EXPECT_FLOAT_EQ(cost("chaor", "chaer"), 0.7F);
  EXPECT_FLOAT_EQ(cost("chait", "chair"), 0.8F);  // r and t are neighbours
  EXPECT_FLOAT_EQ(cost("chaiw", "chair"), 1.0F);
  EXPECT_FLOAT_EQ(cost("chaxir", "chair"), 0.9F);
  EXPECT_FLOAT_EQ(cost("chai", "chair"), 0.9F);
  EXPECT_FLOAT_EQ(cost("chir", "chair"), 0.765F);
  EXPECT_FLOAT_EQ(cost("latter", "ladder"), 1.3F * 0.7F);  // one mistake made twice
  EXPECT_FLOAT_EQ(cost("tropper", "troffer"), 1.3F);
  EXPECT_FLOAT_EQ(cost("ttop", "ddop"), 1.3F * 0.7F + 0.6F);
  EXPECT_FLOAT_EQ(cost("latfer", "ladder"), 1.5F);  // two mistakes
  EXPECT_TRUE(std::isinf(cost("xyz", "chair")));
  EXPECT_FLOAT_EQ(cost("stühl", "stuhl"), 1.0F);
}

// Against the textbook's full table with all weights one.
TEST(CostOfTyping, FindsEveryDistanceUpToTwo) {
  base::Random random(kontor::testing::Seed());
  const auto plain = [](const std::string& a, const std::string& b) {
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
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string a, b;
    for (uint64_t i = random.Below(6) + 1; i > 0; --i) a.push_back(static_cast<char>('w' + random.Below(3)));
    for (uint64_t i = random.Below(6) + 1; i > 0; --i) b.push_back(static_cast<char>('w' + random.Below(3)));
    std::vector<char32_t> x, y;
    Decode(a, x);
    Decode(b, y);
    ASSERT_EQ(std::isfinite(CostOfTyping(x, y, 2).cost), plain(a, b) <= 2) << a << " " << b;
  }
}

TEST(Spelling, MendsWhatNothingKnows) {
  EXPECT_EQ(Corrected("refridgerator"), "refrigerator");
  EXPECT_EQ(Corrected("Patio  chiar, cusion"), "Patio  chair, cushion");
  EXPECT_EQ(Corrected("wiremesh panel"), "wire mesh panel");  // not the nearest word, "wireless"
  EXPECT_EQ(Corrected("re frigerator"), "refrigerator");
  EXPECT_EQ(Corrected("red cuertain"), "red curtain");  // beside "red"; alone the frequent word wins
  EXPECT_EQ(Corrected("cuertain"), "certain");
}

TEST(Spelling, LeavesAloneWhatExists) {
  for (absl::string_view text :
       {"chairs", "wires", "please", "xq", "abc", "DW7451", "745", "zzzzzzzz", "\"refridgerator\"", "", "\xff"}) {
    EXPECT_EQ(Corrected(text), text);
  }
}

TEST(Spelling, SaysWhatItDidAndHowSureItIs) {
  const CorrectedText corrected = Shop()->CorrectText(English(), "a chiar, wiremesh");
  ASSERT_EQ(corrected.changes.size(), 2U);
  EXPECT_EQ(corrected.text.substr(corrected.changes[1].new_begin,
                                  corrected.changes[1].new_end - corrected.changes[1].new_begin),
            "wire mesh");
  EXPECT_EQ(corrected.changes[0].begin, 2U);
  EXPECT_EQ(corrected.changes[0].end, 7U);
  EXPECT_EQ(corrected.changes[0].action, Action::kReplace);
  EXPECT_EQ(corrected.changes[1].action, Action::kSplit);
  EXPECT_FLOAT_EQ(corrected.changes[0].weight, 0.4F);  // another word
  EXPECT_FLOAT_EQ(corrected.changes[1].weight, 0.8F);  // the same letters
  EXPECT_FLOAT_EQ(Shop()->CorrectText(English(), "re frigerator").changes[0].weight, 0.8F);
  // Two other words that stand together where the new one does not.
  EXPECT_FLOAT_EQ(Shop()->CorrectText(English(), "ice maker chiar").changes[0].weight, 0.3F);
  EXPECT_FLOAT_EQ(Shop()->CorrectText(English(), "patio cushion chiar").changes[0].weight, 0.4F);
  EXPECT_FLOAT_EQ(Shop()->CorrectText(English(), "ice maker wiremesh").changes[0].weight, 0.3F);
}

TEST(Spelling, SplitsAgainstTheOtherWordsOnlyWhatStandsSideBySide) {
  EXPECT_EQ(Corrected("heatercurtain"), "heater curtain");  // nothing speaks against it
  EXPECT_EQ(Corrected("red heatercurtain"), "red heater curtain");
  EXPECT_EQ(Corrected("ice maker heatercurtain"), "ice maker heatercurtain");
  EXPECT_EQ(Corrected("ice maker waterheater"), "ice maker water heater");
}

// A candidate is as frequent as it is written, not as its term: every "2 L" has the term of "liter".
TEST(Spelling, AUnitIsNoFrequentWordBecauseItsSignIs) {
  const auto dictionary = Dictionary({{"bottle 2 l", 400}, {"brass letter box", 6}, {"liter jug", 3}});
  EXPECT_EQ(dictionary->CorrectText(English(), "litter").text, "letter");
}

TEST(Spelling, APluralOfAWordThatExistsIsRight) {
  const auto dictionary = Dictionary({{"grinder discs", 30}, {"dish rack", 5}});
  EXPECT_THAT(dictionary->CorrectText(English(), "dishs grinder").changes, ::testing::IsEmpty());
  EXPECT_EQ(dictionary->CorrectText(English(), "dishing grinder").text, "dishing grinder");
}

TEST(Spelling, NamesAnotherWordBesideOneWhoseStemExists) {
  const CorrectedText corrected = Shop()->CorrectText(English(), "celling fan light");
  EXPECT_EQ(corrected.text, "celling fan light");
  ASSERT_EQ(corrected.changes.size(), 1U);
  EXPECT_EQ(corrected.changes[0].action, Action::kAlso);
  EXPECT_EQ(corrected.changes[0].words, "ceiling");
  EXPECT_FLOAT_EQ(corrected.changes[0].weight, 0.4F);
}

TEST(Spelling, FindsCompounds) {
  const auto dictionary = Dictionary({{"drywall screw", 5}, {"dry wall anchor", 6}, {"air dry", 2}});
  const std::vector<SpellingDictionary::Word> apart = {{"dry", "dry"}, {"wall", "wall"}},
                                              together = {{"drywall", "drywal"}};
  const auto joins = dictionary->Compounds(apart), splits = dictionary->Compounds(together);
  ASSERT_EQ(joins.size(), 1U);
  EXPECT_THAT(joins[0].words, ElementsAre("drywall"));
  ASSERT_EQ(splits.size(), 1U);
  EXPECT_THAT(splits[0].words, ElementsAre("dry", "wall"));
  EXPECT_TRUE(Shop()->Compounds(apart).empty());
}

TEST(Spelling, BoundsWhatAQueryMayCost) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += i % 2 == 0 ? "chiar " : "cushion panel ";
  const CorrectedText corrected = Shop()->CorrectText(English(), text);
  EXPECT_EQ(corrected.changes.size(), SpellingDictionary::kUnknownMax);
}

TEST(Spelling, AnEmptyDictionaryKeepsEverything) {
  const auto empty = std::move(*std::make_unique<SpellingDictionary::Builder>()).Build();
  EXPECT_EQ(empty->CorrectText(English(), "anything goes").text, "anything goes");
  EXPECT_EQ(empty->size(), 0U);
}

TEST(Spelling, ComesBackFromBytes) {
  const std::string bytes = Shop()->Save();
  const auto loaded = SpellingDictionary::Load(bytes);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->Save(), bytes);
  EXPECT_EQ((*loaded)->CorrectText(English(), "wiremesh panel").text, "wire mesh panel");
  EXPECT_TRUE((*loaded)->Knows("please"));
  EXPECT_EQ(SpellingDictionary::Load("nonsense").status().code(), absl::StatusCode::kDataLoss);
  for (size_t cut = 0; cut < bytes.size(); cut += 7) {
    EXPECT_EQ(SpellingDictionary::Load(absl::string_view(bytes).substr(0, cut)).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

// Fix rate and broken rate on errors made from a catalogue's own words.
class SpellingRates : public ::testing::Test {
 protected:
  static std::string Path() {
    const char* const root = std::getenv("KONTOR_DATA_DIR");
    return absl::StrCat(root != nullptr ? root : "../shared/data", "/home-depot/products.csv");
  }
  static std::vector<std::string> Titles() {
    std::vector<std::string> titles;
    auto reader = base::CsvReader::Open(Path());
    if (!reader.ok()) return titles;
    reader->Next();
    while (reader->Next()) titles.emplace_back(reader->fields()[1]);
    return titles;
  }
  static std::string Misspell(std::string word, base::Random& random) {
    const size_t at = 1 + random.Below(word.size() - 1);
    switch (random.Below(4)) {
      case 0:
        word.erase(at, 1);
        break;
      case 1:
        word.insert(at, 1, static_cast<char>('a' + random.Below(26)));
        break;
      case 2:
        word[at] = static_cast<char>('a' + random.Below(26));
        break;
      default:
        if (at + 1 < word.size()) std::swap(word[at], word[at + 1]);
    }
    return word;
  }
};

TEST_F(SpellingRates, OnGeneratedErrors) {
  const std::vector<std::string> titles = Titles();
  if (titles.empty()) GTEST_SKIP() << Path() << " is not there; set KONTOR_DATA_DIR to the folder with home-depot";
  SpellingDictionary::Builder builder;
  std::vector<Token> tokens;
  for (const std::string& title : titles) {
    English().Analyze(title, tokens);
    builder.Add(tokens);
  }
  const auto dictionary = std::move(builder).Build();
  base::Random random(kontor::testing::Seed());
  int errors = 0, fixed = 0, wrong = 0, right = 0, broken = 0;
  while (errors < 3'000) {
    English().Analyze(titles[random.Below(titles.size())], tokens);
    std::vector<std::string> words;
    for (const Token& token : tokens) {
      if (token.kind == Token::Kind::kWord && !token.extra && words.size() < 4) words.push_back(token.word);
    }
    if (words.empty()) continue;
    // Inflected words are right ones, too.
    if (random.Chance(0.2) && !absl::StrContains("shxzy", words.back().back())) words.back() += "s";
    const std::string text = absl::StrJoin(words, " ");
    right += static_cast<int>(words.size());
    for (const auto& change : dictionary->CorrectText(English(), text).changes)
      broken += change.action != Action::kAlso ? 1 : 0;
    const std::string meant = words[0];
    if (meant.size() < 5 || dictionary->documents(meant) < 5) continue;
    words[0] = Misspell(meant, random);
    English().Analyze(words[0], tokens);
    if (tokens.size() != 1 || dictionary->Knows(words[0]) || dictionary->Knows(tokens[0].term)) continue;
    ++errors;
    const CorrectedText corrected = dictionary->CorrectText(English(), absl::StrJoin(words, " "));
    if (corrected.changes.empty()) continue;
    if (absl::StartsWith(corrected.text, absl::StrCat(meant, words.size() > 1 ? " " : ""))) {
      ++fixed;
    } else {
      ++wrong;
    }
  }
  std::cout << "fixed " << 100.0 * fixed / errors << "% of " << errors << " errors, " << 100.0 * wrong / errors
            << "% made another word; broken " << 100.0 * broken / right << "% of " << right << " right words; "
            << dictionary->size() << " words, " << dictionary->memory_bytes() / 1'000'000 << " MB\n";
  EXPECT_GT(fixed, 0.8 * errors);
  EXPECT_LT(broken, 0.006 * right);
}

}  // namespace
}  // namespace kontor::text
