#include "services/recommendations/writer_chain.h"

#include <algorithm>

#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

template <typename Row>
void KeepOneEach(std::vector<Row>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.offset < b.offset; });
  rows.erase(std::unique(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.offset == b.offset; }),
             rows.end());
}

}  // namespace

absl::Status WriterChain::Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) {
  for (log::BatchHandler* writer : writers_) RETURN_IF_ERROR(writer->Apply(transaction, batch, effects));
  KeepOneEach(effects.parked);
  KeepOneEach(effects.dead_letters);
  return absl::OkStatus();
}

void WriterChain::Committed(const log::Batch& batch) {
  for (log::BatchHandler* writer : writers_) writer->Committed(batch);
}

bool WriterChain::Knows(absl::string_view type) const {
  return std::all_of(writers_.begin(), writers_.end(), [&](const auto* writer) { return writer->Knows(type); });
}

}  // namespace kontor::recommendations
