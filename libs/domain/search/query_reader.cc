#include "libs/domain/search/query_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/domain/text/numbers.h"

namespace kontor::search {

using Role = QueryWords::Role;

QueryReader::QueryReader(const QueryWords& words, absl::string_view query, bool decimal_comma)
    : words_(words), query_(query), end_(static_cast<uint32_t>(query.size())) {
  Split(decimal_comma);
  for (const QueryAtom& atom : atoms_) texts_.push_back(atom.quoted ? "" : atom.text);
}

void QueryReader::Split(bool decimal_comma) {
  text::FoldedText folded;
  text::Fold(query_, folded);
  const std::string& text = folded.text;
  for (size_t at = 0; at < text.size();) {
    if (atoms_.size() >= QueryUnderstanding::kWordsMax) {
      end_ = folded.Source(at);
      break;
    }
    const char c = text[at];
    const uint32_t source = folded.Source(at);
    if (text::IsWordByte(c)) {
      at = AddWord(folded, at, decimal_comma);
      continue;
    }
    const bool inch = c == '"' && at > 0 && text::IsDigit(text[at - 1]) && quotes_.size() % 2 == 0;
    if (c == '"' && !inch) quotes_.push_back({source, folded.SourceEnd(at + 1)});
    if (c == '$' || c == '<' || c == '>' || c == '=') {
      AddAtom({.text = std::string(1, c), .begin = source, .end = source + 1});
    } else if (c == '-' && at > 0 && at + 1 < text.size() && (text[at - 1] == ' ') == (text[at + 1] == ' ')) {
      const bool range = text[at - 1] == ' ' || (!atoms_.empty() && atoms_.back().number &&
                                                 (text::IsDigit(text[at + 1]) || text[at + 1] == '$'));
      if (range) AddAtom({.text = "-", .begin = source, .end = source + 1});
    } else if (c == ' ') {
      for (absl::string_view sign : {"€", "£", "¥", "₹"}) {
        if (absl::StartsWith(query_.substr(source), sign) && folded.Source(at) != folded.Source(at + 1)) {
          AddAtom({.text = std::string(sign), .begin = source, .end = source + static_cast<uint32_t>(sign.size())});
        }
      }
    }
    ++at;
  }
  PairQuotes();
}

void QueryReader::AddAtom(QueryAtom atom) { atoms_.push_back(std::move(atom)); }

size_t QueryReader::AddWord(const text::FoldedText& folded, size_t at, bool decimal_comma) {
  const std::string& text = folded.text;
  QueryAtom atom{.text = "", .begin = folded.Source(at)};
  const char before = at > 0 ? text[at - 1] : ' ';
  if ((before == '-' || before == '+') && (at < 2 || text[at - 2] == ' ')) atom.sign = before;
  atom.joined = !atoms_.empty() && at > 0 &&
                (text::IsWordByte(before) || (before == '-' && atom.sign == 0 && atoms_.back().text != "-"));
  size_t end = at;
  if (text::IsDigit(text[at])) {
    const text::ParsedNumber number = text::ParseNumber(text, at, decimal_comma);
    atom.number = absl::SimpleAtod(number.canonical, &atom.value);
    end = number.end;
    atom.text = number.canonical;
  } else {
    while (end < text.size() && (text::IsWordByte(text[end]) ||
                                 (text[end] == '\'' && end + 1 < text.size() && text::IsLetter(text[end + 1])))) {
      if (text[end] != '\'') atom.text.push_back(text[end]);
      ++end;
    }
  }
  atom.end = folded.SourceEnd(end);
  AddAtom(std::move(atom));
  return end;
}

void QueryReader::PairQuotes() {
  for (size_t i = 0; i + 1 < quotes_.size(); i += 2) {
    const uint32_t open = quotes_[i].begin, begin = quotes_[i].end, end = quotes_[i + 1].begin;
    if (begin >= end) continue;
    const bool excluded = open > 0 && query_[open - 1] == '-' && (open == 1 || query_[open - 2] == ' ');
    phrases_.push_back({begin, end, excluded});
    for (QueryAtom& atom : atoms_) {
      if (atom.begin < begin || atom.begin >= end) continue;
      atom.quoted = true;
      atom.removed = excluded;
    }
  }
}

void QueryReader::Remove(size_t begin, size_t end, QueryPiece::Kind kind, std::string meaning,
                         UnderstoodQuery& understood) {
  for (size_t i = begin; i < end; ++i) {
    atoms_[i].removed = true;
    texts_[i].clear();
  }
  understood.pieces.push_back({kind, atoms_[begin].begin, atoms_[end - 1].end, std::move(meaning)});
}

void QueryReader::ReadPricePreference(UnderstoodQuery& understood) {
  for (size_t at = 0; at < atoms_.size(); ++at) {
    if (!Free(at)) continue;
    const size_t cheap = words_.Find(texts_, at, Role::kCheap), cheapest = words_.Find(texts_, at, Role::kCheapest);
    if (const size_t n = std::max(cheap, cheapest); n > 0) {
      understood.price_preference = cheapest >= cheap ? -1 : -0.7F;
      Remove(at, at + n, QueryPiece::Kind::kPricePreference, "price low", understood);
      at += n - 1;
    } else if (const size_t premium = words_.Find(texts_, at, Role::kPremium); premium > 0) {
      understood.price_preference = 0.7F;
      understood.pieces.push_back(
          {QueryPiece::Kind::kPricePreference, atoms_[at].begin, atoms_[at + premium - 1].end, "price high"});
      at += premium - 1;
    }
  }
}

std::vector<QueryReader::Group> QueryReader::ReadNegations(
    absl::FunctionRef<bool(absl::string_view, absl::string_view)> pairs) {
  std::vector<Group> groups;
  const auto take = [&](size_t at) {
    size_t end = at + 1;
    while (end < atoms_.size() && Free(end) &&
           (atoms_[end].joined || (end == at + 1 && pairs(atoms_[at].text, atoms_[end].text))))
      ++end;
    groups.push_back({at, end});
    for (size_t i = at; i < end; ++i) {
      atoms_[i].removed = true;
      texts_[i].clear();
    }
    return end;
  };
  for (size_t at = 0; at < atoms_.size(); ++at) {
    if (!Free(at)) continue;
    if (atoms_[at].sign == '-' && !atoms_[at].number) {
      at = take(at) - 1;
      continue;
    }
    const size_t n = words_.Find(texts_, at, Role::kNot);
    size_t target = at + n;
    while (n > 0 && Free(target) && words_.Is(atoms_[target].text, Role::kArticle)) ++target;
    if (n == 0 || !Free(target)) continue;
    for (size_t i = at; i < target; ++i) {
      atoms_[i].removed = true;
      texts_[i].clear();
    }
    size_t end = take(target);
    while (Free(end) && words_.Is(atoms_[end].text, Role::kOr) && Free(end + 1)) {
      atoms_[end].removed = true;
      texts_[end].clear();
      end = take(end + 1);
    }
    at = end - 1;
  }
  return groups;
}

void QueryReader::ReadFiller(UnderstoodQuery& understood) {
  std::vector<Group> chains;
  size_t at = 0;
  while (at < atoms_.size() && !Free(at)) ++at;
  const size_t begin = at;
  size_t strong = 0;
  while (Free(at)) {
    const size_t filler = words_.Find(texts_, at, Role::kFiller);
    const size_t soft = std::max(words_.Find(texts_, at, Role::kSoftFiller), words_.Find(texts_, at, Role::kPolite));
    if (filler == 0 && soft == 0) break;
    at += std::max(filler, soft);
    if (filler >= soft) strong = at;
  }
  if (strong > 0) chains.push_back({begin, at});
  size_t last = atoms_.size();
  while (true) {
    while (last > 0 && !Free(last - 1)) --last;
    size_t n = std::min(QueryWords::kPhraseWordsMax, last);
    const auto drops = [&](Role role) { return words_.Find(texts_, last - n, role) == n; };
    while (n > 0 && !drops(Role::kFiller) && !drops(Role::kPolite)) --n;
    if (n == 0 || (strong > 0 && last - n < at)) break;
    chains.push_back({last - n, last});
    last -= n;
  }
  size_t left = 0, dropped = 0;
  for (size_t i = 0; i < atoms_.size(); ++i) left += Free(i) || (atoms_[i].quoted && !atoms_[i].removed) ? 1 : 0;
  for (const Group& chain : chains) dropped += chain.end - chain.begin;
  const bool priced = understood.price_min_micros >= 0 || understood.price_max_micros >= 0;
  if (dropped >= left && !priced) return;  // "hello", "thank you": names of products, then
  for (const Group& chain : chains) Remove(chain.begin, chain.end, QueryPiece::Kind::kFiller, "", understood);
}

std::string QueryReader::Remaining() const {
  std::string remaining(query_.substr(0, end_));
  for (const Bytes& quote : quotes_) std::fill(remaining.begin() + quote.begin, remaining.begin() + quote.end, ' ');
  for (const QueryPhrase& phrase : phrases_) {
    if (phrase.excluded) std::fill(remaining.begin() + phrase.begin, remaining.begin() + phrase.end, ' ');
  }
  for (const QueryAtom& atom : atoms_) {
    if (!atom.removed) continue;
    const bool hyphen = atom.begin > 0 && (atom.sign != 0 || (atom.joined && query_[atom.begin - 1] == '-'));
    std::fill(remaining.begin() + atom.begin - (hyphen ? 1 : 0), remaining.begin() + atom.end, ' ');
  }
  return remaining;
}

}  // namespace kontor::search
