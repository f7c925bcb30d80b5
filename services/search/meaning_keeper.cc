#include "services/search/meaning_keeper.h"

#include <algorithm>
#include <utility>

#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/search/remembered_texts.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr size_t kBatch = 64;
constexpr size_t kLeastTitles = 200;  // to learn an encoder from
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

// FAILED_PRECONDITION is no fault: there are too few words to learn from.
void Tell(const absl::Status& status) {
  if (status.ok() || absl::IsFailedPrecondition(status)) return;
  runtime::LogWarning("products have no vectors; answers go by words", {{"error", status.ToString()}});
}

}  // namespace

MeaningKeeper::MeaningKeeper(const text::Analyzer& analyzer, std::shared_ptr<const nn::SentenceEncoder> sentences)
    : analyzer_(analyzer) {
  if (sentences == nullptr) return;
  auto encoder = std::make_shared<Sentences>(std::move(sentences));
  asked_sentences_ = std::make_shared<RememberedTexts>(encoder, kRememberedQueries);
  Tell(Start(std::move(encoder), sentence_vectors_));
}

std::vector<std::string> MeaningKeeper::TermsOf(absl::string_view title) const {
  std::vector<text::Token> tokens;
  analyzer_.Analyze(title, tokens);
  std::vector<std::string> terms;
  for (text::Token& token : tokens) {
    if (!token.extra) terms.push_back(std::move(token.term));
  }
  return terms;
}

absl::Status MeaningKeeper::Start(std::shared_ptr<const TextEncoder> encoder, Vectors& vectors) {
  VectorOptions options;
  options.dimensions = static_cast<uint32_t>(encoder->dimensions());
  ASSIGN_OR_RETURN(vectors.index, VectorIndex::Create(options));
  vectors.encoder = std::move(encoder);
  vectors.encoded.clear();
  return absl::OkStatus();
}

absl::Status MeaningKeeper::LearnCatalogue(const std::vector<Title>& titles) {
  const bool grown = titles.size() * 5 > learned_from_ * 6;
  if (titles.size() < kLeastTitles || (catalogue_ != nullptr && !grown)) return absl::OkStatus();
  std::vector<std::vector<std::string>> terms;
  for (const Title& title : titles) terms.push_back(TermsOf(title.text));
  learned_from_ = titles.size();
  ASSIGN_OR_RETURN(CatalogueEncoder encoder, CatalogueEncoder::Train(terms, {}));
  catalogue_ = std::make_shared<const CatalogueEncoder>(std::move(encoder));
  return Start(std::make_shared<CatalogueTexts>(catalogue_), catalogue_vectors_);
}

absl::Status MeaningKeeper::EncodeBatch(absl::Span<const Title> titles, Vectors& vectors) {
  const size_t dimensions = vectors.encoder->dimensions();
  std::vector<std::vector<std::string>> terms(titles.size());
  std::vector<std::vector<WeighedTerm>> weighed(titles.size());
  std::vector<TextToEncode> texts;
  for (size_t i = 0; i < titles.size(); ++i) {
    terms[i] = TermsOf(titles[i].text);
    for (const std::string& term : terms[i]) weighed[i].push_back({term, 1});
    texts.push_back({titles[i].text, weighed[i]});
  }
  std::vector<float> out(titles.size() * dimensions);
  RETURN_IF_ERROR(vectors.encoder->Encode(texts, absl::MakeSpan(out)));
  for (size_t i = 0; i < titles.size(); ++i) {
    RETURN_IF_ERROR(vectors.index->Set(titles[i].row, absl::MakeConstSpan(out).subspan(i * dimensions, dimensions)));
    vectors.encoded[titles[i].row] = titles[i].hash;
  }
  return absl::OkStatus();
}

absl::Status MeaningKeeper::Bring(const std::vector<Title>& titles, const absl::flat_hash_set<uint32_t>& living,
                                  const std::function<bool()>& cancelled, Vectors& vectors) {
  if (vectors.encoder == nullptr) return absl::OkStatus();
  std::vector<Title> fresh;
  for (const Title& title : titles) {
    const auto known = vectors.encoded.find(title.row);
    if (known == vectors.encoded.end() || known->second != title.hash) fresh.push_back(title);
  }
  for (auto it = vectors.encoded.begin(); it != vectors.encoded.end();) {
    if (living.contains(it->first)) {
      ++it;
      continue;
    }
    vectors.index->Remove(it->first);
    vectors.encoded.erase(it++);
  }
  for (size_t begin = 0; begin < fresh.size() && !cancelled(); begin += kBatch) {
    RETURN_IF_ERROR(EncodeBatch(absl::MakeConstSpan(fresh).subspan(begin, kBatch), vectors));
  }
  while (!cancelled() && vectors.index->LinkPending(kLinkedAtOnce, kLinkThreads) > 0) {
  }
  return absl::OkStatus();
}

std::shared_ptr<const Meaning> MeaningKeeper::Published(bool sentences) const {
  auto meaning = std::make_shared<Meaning>();
  if (sentences) {
    meaning->sentences = asked_sentences_;
    meaning->sentence_vectors = sentence_vectors_.index;
  }
  meaning->catalogue = catalogue_;
  meaning->catalogue_vectors = catalogue_vectors_.index;
  return meaning;
}

void MeaningKeeper::Refresh(const IndexView& view, const std::function<bool()>& cancelled, const Publish& publish) {
  std::vector<Title> titles;
  absl::flat_hash_set<uint32_t> living;
  for (uint32_t part = 0; part < view.parts().size(); ++part) {
    ForEachBit(*view.parts()[part].alive, [&](uint32_t doc) {
      const DocRef ref{part, doc};
      const absl::string_view title = view.Title(ref);
      titles.push_back({view.Row(ref), base::StableHash(title), title});
      living.insert(titles.back().row);
    });
  }
  Tell(LearnCatalogue(titles));
  Tell(Bring(titles, living, cancelled, catalogue_vectors_));
  publish(Published(sentences_ready_));
  if (sentence_vectors_.encoder == nullptr) return;
  Tell(Bring(titles, living, cancelled, sentence_vectors_));
  sentences_ready_ |= sentence_vectors_.encoded.size() >= titles.size();
  publish(Published(sentences_ready_));
}

}  // namespace kontor::search
