#include "libs/domain/text/analyzer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"

namespace kontor::text {
namespace {

std::unique_ptr<Analyzer> Make(const AnalyzerOptions& options = {}) {
  auto analyzer = Analyzer::Create(options);
  EXPECT_TRUE(analyzer.ok()) << analyzer.status();
  return std::move(*analyzer);
}

// Words by blanks, further forms behind a plus.
std::string Terms(const Analyzer& analyzer, absl::string_view text) {
  std::vector<Token> tokens;
  analyzer.Analyze(text, tokens);
  std::string all;
  for (const Token& token : tokens) absl::StrAppend(&all, token.extra ? "+" : all.empty() ? "" : " ", token.term);
  return all;
}
std::string En(absl::string_view text) {
  static const auto& analyzer = *Make().release();
  return Terms(analyzer, text);
}

TEST(Analyzer, RefusesAnUnknownLanguage) {
  EXPECT_EQ(Analyzer::Create({.language = "xx"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Analyzer::Create({.language = ""}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Analyzer, PlainIsTheProtocolOfBm25) {
  const auto plain = Make({.stem = false, .measures = false, .codes = false});
  EXPECT_EQ(Terms(*plain, "BEHR 1-gal. #SC-141 Women's Café"), "behr 1 gal sc 141 women s caf");
  EXPECT_EQ(Terms(*plain, ""), "");
}

// Pairs of Snowball's published vocabularies (snowballstem.org, snowball-data, voc.txt and output.txt of each
// language).
TEST(Analyzer, StemsAsSnowballPublishes) {
  EXPECT_EQ(En("consign consigned consigning consignment consist consistency consistently"),
            "consign consign consign consign consist consist consist");
  EXPECT_EQ(En("knack knaves knavish kneading kneeling knightly"), "knack knave knavish knead kneel knight");
  EXPECT_EQ(Terms(*Make({.language = "de"}), "aufeinander aufgaben aufgebracht kategorie"),
            "aufeinand aufgab aufgebracht kategori");
  EXPECT_EQ(Terms(*Make({.language = "fr"}), "continuelle continuellement majestueusement"),
            "continuel continuel majestu");
  EXPECT_EQ(Terms(*Make({.language = "es"}), "cheques torniquetes"), "chequ torniquet");
  EXPECT_EQ(Terms(*Make({.language = "ru"}), "важная важнее важнейшие"), "важн важн важн");
  EXPECT_EQ(Terms(*Make({.language = "it"}), "abbandonata abbandonerà pronunciamo"),
            "abbandon abbandon+abbandoner pronunc");
  EXPECT_EQ(Terms(*Make({.language = "nl"}), "lichaamsziek opgesloten"), "lichaamsziek opgeslot");
  EXPECT_EQ(Terms(*Make({.language = "pt"}), "boiada quiseram"), "boi quis");
  EXPECT_EQ(Terms(*Make({.language = "sv"}), "jaktkarlarne klostergården"), "jaktkarl klostergård+klostergard");
  EXPECT_EQ(Terms(*Make({.language = "da"}), "indtager undersøgelse"), "indtag undersøg+undersog");
  EXPECT_EQ(Terms(*Make({.language = "no"}), "havnedistriktene opning"), "havnedistrikt opning");
  EXPECT_EQ(Terms(*Make({.language = "fi"}), "edeltäjiinsä edeltäjistään"), "edeltäj+edeltaj edeltäj+edeltaj");
}

TEST(Analyzer, WritesMeasuresInOneWay) {
  for (absl::string_view text : {"3/4 in.", "3/4 in", "3/4-in.", "3/4in", "3/4\"", "3/4 inch", "3/4-inches", "¾ in",
                                 "¾″", ".75 in.", "0.750 inch"}) {
    EXPECT_EQ(En(text), "0.75+0.75in inch") << text;
  }
  for (absl::string_view text : {"5 gal", "5-gallon", "5 gallons", "5gal.", "5-Gal."})
    EXPECT_EQ(En(text), "5+5gal gallon") << text;
  for (absl::string_view text : {"1-1/2 ft", "1 1/2 feet", "1½'", "1.5 ft."})
    EXPECT_EQ(En(text), "1.5+1.5ft foot") << text;
  for (absl::string_view text : {"1.9 cu. ft.", "1.9 cubic feet", "1.9-cu. ft."})
    EXPECT_EQ(En(text), "1.9+1.9cuft cubic foot") << text;
  EXPECT_EQ(En("1.9 cuft"), "1.9+1.9cuft cubic foot");
  EXPECT_EQ(En("1,000 sq. ft."), "1000+1000sqft squar foot");
  EXPECT_EQ(En("20A 20 amp 20 a lamp"), "20+20a amp 20+20a amp 20 a lamp");
  EXPECT_EQ(En("gallon bucket, feet, gal"), "gallon bucket foot gallon");
  EXPECT_EQ(En("10 mm 10cm"), "10+10mm millimet 10+10cm centimet");
}

TEST(Analyzer, LeavesPrepositionsAlone) {
  EXPECT_EQ(En("2 in 1 shampoo"), "2 in 1 shampoo");
  EXPECT_EQ(En("12 in the box"), "12 in the box");
  EXPECT_EQ(En("mirror in a box"), "mirror in a box");
}

TEST(Analyzer, FindsDimensions) {
  for (absl::string_view text : {"2x4", "2 x 4", "2 X 4", "2×4"}) EXPECT_EQ(En(text), "2+2x4 4") << text;
  EXPECT_EQ(En("2 in. x 4 in. x 8 ft."), "2+2in+2x4+2x4x8 inch 4+4in+4x8 inch 8+8ft foot");
  EXPECT_EQ(En("24 in. W x 80 in. H"), "24+24in+24x80 inch 80+80in inch h");
  EXPECT_EQ(En("24\"W x 80''H"), "24+24in+24x80 inch 80+80in inch h");
  EXPECT_EQ(En("box 2x"), "box 2x");
  EXPECT_EQ(En(".5.5"), "0.5 5");
}

TEST(Analyzer, TakesFractionsForFractionsOnly) {
  EXPECT_EQ(En("1/2 1/3 1/64 12/2 24/7 1/2/2020"), "0.5 0.3333 0.0156 12 2 24 7 1 2 2020");
  EXPECT_EQ(En("007 1.50 12,345,678 1.99996"), "007 1.5 12345678 2");
  EXPECT_EQ(Terms(*Make({.language = "de"}), "1,5 l 1.000 kg"), "1.5+1.5l lit 1000+1000kg kilogram");
}

TEST(Analyzer, KeepsPartNumbersWholeAndInParts) {
  EXPECT_EQ(En("#SC-141"), "sc141+sc+141");
  EXPECT_EQ(En("sc141"), "sc141+sc+141");
  EXPECT_EQ(En("DCD771C2"), "dcd771c2+dcd+771");
  EXPECT_EQ(En("3-in-1"), "3in1+3+in+1");
  EXPECT_EQ(En("1-Handle"), "1 handl");
  EXPECT_EQ(En("12-Gauge"), "12+12ga gaug");
  EXPECT_EQ(En("0012345678905"), "0012345678905");
  EXPECT_EQ(En("555-123-4567"), "5551234567+555+123+4567");
  std::vector<Token> tokens;
  Make()->Analyze("0012345678905 x100 100 abc", tokens);
  ASSERT_EQ(tokens.size(), 5U);
  EXPECT_EQ(tokens[0].kind, Token::Kind::kCode);
  EXPECT_EQ(tokens[1].kind, Token::Kind::kCode);
  EXPECT_EQ(tokens[2].kind, Token::Kind::kNumber);  // the part 100 of x100
  EXPECT_EQ(tokens[3].kind, Token::Kind::kNumber);
  EXPECT_EQ(tokens[4].kind, Token::Kind::kWord);
}

TEST(Analyzer, KeepsCompoundsWholeAndInParts) {
  EXPECT_EQ(En("DeckOver"), "deckov+deck+over");
  EXPECT_EQ(En("T-shirt"), "t+tshirt shirt");
  EXPECT_EQ(En("women's womens women"), "women women women");
  EXPECT_EQ(En("o'brien"), "obrien");
  EXPECT_EQ(Terms(*Make({.language = "fr"}), "l'eau"), "l eau");
}

TEST(Analyzer, ReadsOtherScripts) {
  EXPECT_EQ(En("Café CAFÉ cafe\xCC\x81 cafe"), "café+cafe café+cafe café+cafe cafe");
  EXPECT_EQ(Terms(*Make({.language = "de"}), "Möbel"), "mobel+moebel");
  EXPECT_EQ(Terms(*Make({.language = "zh"}), "防水手机壳 iPhone手机"), "防水 手机 壳 iphone 手机");
  EXPECT_EQ(Terms(*Make({.language = "th"}), "รองเท้าวิ่ง"), "รองเท้า วิ่ง");
  EXPECT_EQ(En("ＦＵＬＬ ｗｉｄｔｈ １２"), "full width 12");
  EXPECT_EQ(En("Simpson™Strong®"), "simpson strong");
  EXPECT_EQ(En("Nuts &amp; Bolts 3/4&quot; women&#39;s &unknown;"), "nut bolt 0.75+0.75in inch women unknown");
}

TEST(Analyzer, BrokenTextSeparates) {
  EXPECT_EQ(En(absl::string_view("red\x00shoe\x01s\xff\xfe"
                                 "blue\xc3",
                                 16)),
            "red shoe s blue");
  EXPECT_EQ(En("--- ... '' \"\""), "");
  EXPECT_EQ(En(std::string(200, 'a')), std::string(64, 'a'));
  EXPECT_EQ(En(std::string(200, '1')), std::string(32, '1'));
  EXPECT_EQ(En(std::string(200, 'a') + "'s"), std::string(64, 'a'));
}

TEST(Analyzer, TokensSayWhereTheyStand) {
  std::vector<Token> tokens;
  Make()->Analyze("Ｒed ½ in. DeckOver", tokens);
  std::vector<std::string> seen;
  for (const Token& t : tokens) seen.push_back(absl::StrCat(t.term, "@", t.position, "[", t.begin, ",", t.end, ")"));
  EXPECT_THAT(seen,
              ::testing::ElementsAre("red@0[0,5)", "0.5@1[6,8)", "0.5in@1[6,11)", "inch@2[9,11)", "deckov@3[13,21)"));
}

// Whatever the bytes: positions never fall, extras share the place of their word, bytes lie within the text, terms are
// not empty, and the second analysis of the same text with used tokens gives the same.
TEST(Analyzer, HoldsItsContractOnAnyBytes) {
  base::Random random(kontor::testing::Seed());
  const std::vector<std::string> parts = {"a",    "B",    "12", "1/2", "-",  "'",    "\"", " ", ".",
                                          ",",    "x",    "in", "é",   "ß",  "手机", "½",  "ก", "\xff",
                                          "\xc3", "\x01", "™",  "'s",  "ft", "%",    "0"};
  std::vector<std::unique_ptr<Analyzer>> analyzers;
  for (const char* language : {"en", "de", "fr", "th", "ru"}) analyzers.push_back(Make({.language = language}));
  std::vector<Token> used, fresh;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (uint64_t i = random.Below(12); i > 0; --i) text += parts[random.Below(parts.size())];
    const Analyzer& analyzer = *analyzers[random.Below(analyzers.size())];
    analyzer.Analyze(text, used);
    fresh.clear();
    analyzer.Analyze(text, fresh);
    ASSERT_EQ(used.size(), fresh.size()) << text;
    for (size_t i = 0; i < used.size(); ++i) {
      const Token& token = used[i];
      ASSERT_EQ(token.term, fresh[i].term);
      ASSERT_EQ(token.extra, fresh[i].extra);
      ASSERT_FALSE(token.term.empty()) << text;
      ASSERT_LT(token.begin, token.end) << text;
      ASSERT_LE(token.end, text.size());
      ASSERT_LE(token.word.size(), 140U);
      ASSERT_EQ(token.position, i == 0 ? 0 : used[i - 1].position + (token.extra ? 0 : 1)) << text;
      ASSERT_TRUE(i > 0 || !token.extra) << text;
    }
  }
}

}  // namespace
}  // namespace kontor::text
