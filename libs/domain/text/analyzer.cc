#include "libs/domain/text/analyzer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/domain/text/scanner.h"
#include "libs/domain/text/stemmer.h"
#include "libs/domain/text/unicode.h"

namespace kontor::text {
namespace {

template <size_t N>
bool OneOf(absl::string_view language, const std::array<absl::string_view, N>& languages) {
  return std::find(languages.begin(), languages.end(), language) != languages.end();
}

bool HasDecimalComma(absl::string_view language) {
  static constexpr std::array<absl::string_view, 24> kLanguages = {"da", "de", "el", "es", "eu", "fi", "fr", "hu",
                                                                   "id", "it", "nl", "no", "pt", "ro", "ru", "sv",
                                                                   "tr", "ca", "lt", "bg", "cs", "pl", "uk", "vi"};
  return OneOf(language, kLanguages);
}

bool HasElision(absl::string_view language) {
  static constexpr std::array<absl::string_view, 3> kLanguages = {"fr", "it", "ca"};
  return OneOf(language, kLanguages);
}

// The protocol of plain BM25: [a-z0-9]+.
void AnalyzePlain(absl::string_view text, std::vector<Token>& tokens) {
  size_t used = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    while (at < text.size() && absl::ascii_isalnum(static_cast<unsigned char>(text[at]))) ++at;
    if (at == begin) {
      ++at;
      continue;
    }
    if (used == tokens.size()) tokens.emplace_back();
    Token& token = tokens[used];
    token.word.assign(text.data() + begin, at - begin);
    absl::AsciiStrToLower(&token.word);
    token.term = token.word;
    const bool digits = std::any_of(token.word.begin(), token.word.end(), IsDigit);
    const bool letters = std::any_of(token.word.begin(), token.word.end(), IsLetter);
    token.kind = digits && letters ? Token::Kind::kCode : digits ? Token::Kind::kNumber : Token::Kind::kWord;
    token.position = static_cast<uint32_t>(used++);
    token.begin = static_cast<uint32_t>(begin);
    token.end = static_cast<uint32_t>(at);
    token.extra = false;
  }
  tokens.resize(used);
}

}  // namespace

Analyzer::Analyzer(AnalyzerOptions options, int stemmer, bool decimal_comma, bool elision)
    : options_(std::move(options)), stemmer_(stemmer), decimal_comma_(decimal_comma), elision_(elision) {}

absl::StatusOr<std::unique_ptr<Analyzer>> Analyzer::Create(const AnalyzerOptions& options) {
  bool known = false;
  const int stemmer = StemmerOf(options.language, known);
  if (!known)
    return absl::InvalidArgumentError(absl::StrCat("no text analysis for the language \"", options.language, "\""));
  return std::unique_ptr<Analyzer>(new Analyzer(options, options.stem ? stemmer : kNoStemmer,
                                                HasDecimalComma(options.language), HasElision(options.language)));
}

void Analyzer::Analyze(absl::string_view text, std::vector<Token>& tokens) const {
  if (!options_.stem && !options_.measures && !options_.codes) return AnalyzePlain(text, tokens);
  thread_local FoldedText folded;
  Fold(text, folded);
  const ScannerRules rules = {.stemmer = stemmer_,
                              .measures = options_.measures,
                              .codes = options_.codes,
                              .decimal_comma = decimal_comma_,
                              .elision = elision_,
                              .umlauts = options_.language == "de"};
  Scanner(rules, text, folded, tokens).Run();
}

}  // namespace kontor::text
