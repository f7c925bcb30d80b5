#include "services/search/meaning_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/search/remembered_texts.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr size_t kBatch = 64;
constexpr size_t kLeastTitles = 200;  // to learn an encoder from
constexpr float kTrustInTerms = .3F;  // as `bench search` has it on the first half of its queries
constexpr int kLinkThreads = 1;
constexpr size_t kLinkedAtOnce = 2'000;
constexpr size_t kRememberedQueries = 20'000;  // 32 MB

class Sentences : public TextEncoder {
 public:
  explicit Sentences(std::shared_ptr<const nn::SentenceEncoder> encoder) : encoder_(std::move(encoder)) {}
  size_t dimensions() const override { return nn::SentenceEncoder::kDimensions; }
  absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const override {
    std::vector<absl::string_view> plain;
    for (const TextToEncode& text : texts) plain.push_back(text.text);
    return encoder_->Encode(plain, out);
  }

 private:
  const std::shared_ptr<const nn::SentenceEncoder> encoder_;
};

class CatalogueTexts : public TextEncoder {
 public:
  explicit CatalogueTexts(std::shared_ptr<const CatalogueEncoder> encoder) : encoder_(std::move(encoder)) {}
  size_t dimensions() const override { return encoder_->dimensions(); }
  absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const override {
    if (out.size() != texts.size() * dimensions()) return absl::InvalidArgumentError("out has another size");
    for (size_t i = 0; i < texts.size(); ++i) {
      RETURN_IF_ERROR(encoder_->Encode(texts[i].terms, out.subspan(i * dimensions(), dimensions())));
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<const CatalogueEncoder> encoder_;
};

}  // namespace

MeaningKeeper::MeaningKeeper(const text::Analyzer& analyzer, std::shared_ptr<const nn::SentenceEncoder> sentences)
    : analyzer_(analyzer), sentences_(std::move(sentences)) {}

std::vector<std::string> MeaningKeeper::TermsOf(absl::string_view title) const {
  std::vector<text::Token> tokens;
  analyzer_.Analyze(title, tokens);
  std::vector<std::string> terms;
  for (text::Token& token : tokens) {
    if (!token.extra) terms.push_back(std::move(token.term));
  }
  return terms;
}

absl::Status MeaningKeeper::LearnTerms(const std::vector<Title>& titles) {
  learned_from_ = titles.size();
  std::vector<std::vector<std::string>> terms;
  for (const Title& title : titles) terms.push_back(TermsOf(title.text));
  ASSIGN_OR_RETURN(CatalogueEncoder encoder, CatalogueEncoder::Train(terms, {}));
  terms_ = std::make_shared<CatalogueEncoder>(std::move(encoder));
  return absl::OkStatus();
}

// The encoder of titles and queries, and an index for its vectors.
absl::Status MeaningKeeper::Begin() {
  if (sentences_ != nullptr) {
    encoder_ = std::make_shared<Sentences>(sentences_);
    queries_ = std::make_shared<RememberedTexts>(encoder_, kRememberedQueries);
  } else {
    encoder_ = queries_ = std::make_shared<CatalogueTexts>(terms_);
  }
  VectorOptions options;
  options.dimensions = static_cast<uint32_t>(encoder_->dimensions());
  ASSIGN_OR_RETURN(vectors_, VectorIndex::Create(options));
  encoded_.clear();
  return absl::OkStatus();
}

absl::Status MeaningKeeper::Encode(const std::vector<Title>& titles, const std::function<bool()>& cancelled) {
  const size_t dimensions = encoder_->dimensions();
  for (size_t begin = 0; begin < titles.size() && !cancelled(); begin += kBatch) {
    const size_t size = std::min(kBatch, titles.size() - begin);
    std::vector<std::vector<std::string>> terms(size);
    std::vector<std::vector<WeighedTerm>> weighed(size);
    std::vector<TextToEncode> texts;
    for (size_t i = 0; i < size; ++i) {
      terms[i] = TermsOf(titles[begin + i].text);
      for (const std::string& term : terms[i]) weighed[i].push_back({term, 1});
      texts.push_back({titles[begin + i].text, weighed[i]});
    }
    std::vector<float> out(size * dimensions);
    RETURN_IF_ERROR(encoder_->Encode(texts, absl::MakeSpan(out)));
    for (size_t i = 0; i < size; ++i) {
      const Title& title = titles[begin + i];
      RETURN_IF_ERROR(vectors_->Set(title.row, absl::MakeConstSpan(out).subspan(i * dimensions, dimensions)));
      encoded_[title.row] = title.hash;
    }
  }
  return absl::OkStatus();
}

std::shared_ptr<const Meaning> MeaningKeeper::Refresh(const IndexView& view, const std::function<bool()>& cancelled) {
  std::vector<Title> all, fresh;
  absl::flat_hash_set<uint32_t> living;
  for (uint32_t part = 0; part < view.parts().size(); ++part) {
    ForEachBit(*view.parts()[part].alive, [&](uint32_t doc) {
      const DocRef ref{part, doc};
      const absl::string_view title = view.Title(ref);
      all.push_back({view.Row(ref), base::StableHash(title), title});
      living.insert(all.back().row);
    });
  }
  absl::Status status;
  if (all.size() >= kLeastTitles && all.size() * 5 > learned_from_ * 6) {
    const absl::Status learned = LearnTerms(all);
    if (learned.ok() && sentences_ == nullptr) status = Begin();
    if (!learned.ok() && !absl::IsFailedPrecondition(learned)) status = learned;  // that one: too few words
  }
  if (encoder_ == nullptr && sentences_ != nullptr) status = Begin();
  if (status.ok() && encoder_ != nullptr) {
    for (const Title& title : all) {
      const auto known = encoded_.find(title.row);
      if (known == encoded_.end() || known->second != title.hash) fresh.push_back(title);
    }
    for (auto it = encoded_.begin(); it != encoded_.end();) {
      if (living.contains(it->first)) {
        ++it;
        continue;
      }
      vectors_->Remove(it->first);
      encoded_.erase(it++);
    }
    status = Encode(fresh, cancelled);
    while (!cancelled() && vectors_->LinkPending(kLinkedAtOnce, kLinkThreads) > 0) {
    }
  }
  if (!status.ok()) {
    runtime::LogWarning("products have no vectors; answers go by words", {{"error", status.ToString()}});
  }
  if (encoder_ == nullptr || vectors_ == nullptr) return nullptr;
  auto meaning = std::make_shared<Meaning>();
  meaning->encoder = queries_;
  meaning->vectors = vectors_;
  meaning->terms = terms_;
  meaning->by_terms = sentences_ == nullptr;
  meaning->trust = meaning->by_terms ? kTrustInTerms : 1;
  return meaning;
}

}  // namespace kontor::search
