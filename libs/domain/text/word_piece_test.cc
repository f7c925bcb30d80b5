#include "libs/domain/text/word_piece.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "libs/base/csv.h"
#include "libs/base/hash.h"
#include "libs/base/random.h"

namespace kontor::text {
namespace {

using Ids = std::vector<int32_t>;

Ids IdsOf(const WordPiece& tokenizer, absl::string_view text, size_t max_tokens = 256) {
  Ids ids = {7, 7};  // Tokenize replaces what is there
  tokenizer.Tokenize(text, max_tokens, ids);
  return ids;
}

// [UNK] 0, [CLS] 1, [SEP] 2, then by line.
WordPiece Small() { return *WordPiece::Create("[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\n##a\naff\n.\n東\ncafe\n##é\n"); }

TEST(WordPieceTest, TakesTheLongestPieceFromTheLeft) {
  // The example of Devlin et al.'s code: unaffable → un ##aff ##able.
  EXPECT_EQ(IdsOf(Small(), "unaffable"), Ids({1, 3, 4, 5, 2}));
  EXPECT_EQ(IdsOf(Small(), "UNaff un"), Ids({1, 3, 4, 3, 2}));
  EXPECT_EQ(IdsOf(Small(), "unaffx"), Ids({1, 0, 2}));  // the whole word, not a part of it
  EXPECT_EQ(IdsOf(Small(), "aff.東東"), Ids({1, 7, 8, 9, 9, 2}));
  EXPECT_EQ(IdsOf(Small(), "CAFÉ"), Ids({1, 10, 2}));
  EXPECT_EQ(IdsOf(Small(),
                  "un\xc2\xad"
                  "aff"),
            Ids({1, 3, 4, 2}));  // a soft hyphen is dropped
  EXPECT_EQ(IdsOf(Small(), " \t\n\xc2\xa0"), Ids({1, 2}));
  EXPECT_EQ(IdsOf(Small(), ""), Ids({1, 2}));
}

TEST(WordPieceTest, CutsWhatIsLong) {
  EXPECT_EQ(IdsOf(Small(), "un un un un", 4), Ids({1, 3, 3, 2}));
  EXPECT_EQ(IdsOf(Small(), "unaffable un", 3), Ids({1, 3, 2}));
  EXPECT_EQ(IdsOf(Small(), "un", 2), Ids({1, 2}));
  EXPECT_EQ(IdsOf(Small(), "un" + std::string(98, 'a')).size(), 1u + 99 + 1);
  EXPECT_EQ(IdsOf(Small(), "un" + std::string(99, 'a')), Ids({1, 0, 2}));
}

TEST(WordPieceTest, AnyBytesAreText) {
  const WordPiece tokenizer = Small();
  EXPECT_EQ(IdsOf(tokenizer,
                  "un\xff\xfe"
                  "aff"),
            Ids({1, 3, 4, 2}));
  EXPECT_EQ(IdsOf(tokenizer, absl::string_view("un\0aff", 6)), Ids({1, 3, 4, 2}));
  base::Random random(11);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(random.Below(40), '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const Ids ids = IdsOf(tokenizer, bytes, 16);
    ASSERT_TRUE(ids.size() >= 2 && ids.size() <= 16 && ids.front() == 1 && ids.back() == 2);
  }
}

TEST(WordPieceTest, RefusesAVocabularyThatIsNone) {
  EXPECT_EQ(WordPiece::Create("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(WordPiece::Create("[UNK]\n[CLS]\nun\n").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(WordPiece::Create("[UNK]\n[CLS]\n[SEP]\nun\nun\n").status().code(), absl::StatusCode::kInvalidArgument);
}

class RealVocabularyTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* path = "var/models/all-minilm-l6-v2/vocab.txt";
    std::ifstream file(path);
    if (!file) GTEST_SKIP() << path << " is not there; ./kontor setup fetches it";
    std::stringstream text;
    text << file.rdbuf();
    tokenizer_ = *WordPiece::Create(text.str());
  }
  WordPiece tokenizer_ = Small();
};

TEST_F(RealVocabularyTest, GivesTheIdsOfTheReference) {
  EXPECT_EQ(tokenizer_.size(), 30'522u);
  EXPECT_EQ(IdsOf(tokenizer_, "This is an example sentence"), Ids({101, 2023, 2003, 2019, 2742, 6251, 102}));
  EXPECT_EQ(IdsOf(tokenizer_, "angle bracket"), Ids({101, 6466, 21605, 102}));
  EXPECT_EQ(
      IdsOf(tokenizer_, "12-Gauge café naïve ½ in. 3/4\" ™ shower-head"),
      Ids({101, 2260, 1011, 7633, 7668, 15743, 1092, 1999, 1012, 1017, 1013, 1018, 1000, 1580, 6457, 1011, 2132, 102}));
  EXPECT_EQ(
      IdsOf(tokenizer_, "ΣΑΣ Straße İstanbul 東京タワー\u200b\u00ad x\u0301y a\tb"),
      Ids({101, 1173, 14608, 19579, 2358, 27807, 9960, 1879, 1755, 1709, 30262, 30265, 1060, 2100, 1037, 1038, 102}));
}

// SHA-256 over the ids (int32) of all titles and then all distinct queries in the files' order, as an independent
// implementation gives them that agrees with the official tokenizer.
TEST_F(RealVocabularyTest, GivesTheIdsOfTheReferenceForAllTitlesAndQueries) {
  const char* data = std::getenv("KONTOR_DATA_DIR");
  const std::string folder = std::string(data != nullptr ? data : "../shared/data") + "/home-depot/";
  auto products = base::CsvReader::Open(folder + "products.csv");
  auto judgements = base::CsvReader::Open(folder + "judgements.csv");
  if (!products.ok() || !judgements.ok()) GTEST_SKIP() << folder << " is not there; set KONTOR_DATA_DIR";
  std::string bytes;
  const auto add = [&](absl::string_view text) {
    const Ids ids = IdsOf(tokenizer_, text);
    bytes.append(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t));
  };
  const auto column = [](base::CsvReader& reader, absl::string_view name) {
    EXPECT_TRUE(reader.Next());
    size_t i = 0;
    while (i + 1 < reader.fields().size() && reader.fields()[i] != name) ++i;
    return i;
  };
  const size_t title = column(*products, "product_title"), query = column(*judgements, "search_term");
  while (products->Next()) add(products->fields()[title]);
  std::set<std::string> seen;
  while (judgements->Next()) {
    if (seen.emplace(judgements->fields()[query]).second) add(judgements->fields()[query]);
  }
  EXPECT_EQ(bytes.size() / sizeof(int32_t), 1'142'130u);
  EXPECT_EQ(base::Sha256Hex(bytes), "f2512311b5f69601dca220e09b35d67daeccc57c0f12fbc61683aaafd129aba9");
}

}  // namespace
}  // namespace kontor::text
