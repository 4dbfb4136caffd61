//! Packing a part of a record: JSON, zstd, pieces that fit a Secret. Pure.

use anyhow::{Context as _, bail, ensure};
use serde::{Serialize, de::DeserializeOwned};

use super::record::Stored;
use crate::manifest::digest;

/// Bytes per chunk. A Secret holds 1 MiB; etcd refuses requests over 1.5 MiB, and base64 adds a third.
pub const CHUNK: usize = 900 * 1024;

/// Most bytes a part may have when unpacked, so that a damaged record cannot fill the memory.
const MOST: usize = 512 * 1024 * 1024;

/// Packs a part.
pub fn pack(part: &impl Serialize) -> anyhow::Result<(Stored, Vec<Vec<u8>>)> {
    let json = serde_json::to_vec(part).context("cannot write the record as JSON")?;
    let bytes = zstd::bulk::compress(&json, 3).context("cannot compress the record")?;
    let chunks: Vec<Vec<u8>> = bytes.chunks(CHUNK).map(<[u8]>::to_vec).collect();
    let stored = Stored {
        chunks: chunks.len(),
        digest: digest::hex(&bytes, 64),
    };
    Ok((stored, chunks))
}

/// Unpacks a part; fails when a chunk is missing or its bytes have changed.
pub fn unpack<T: DeserializeOwned>(stored: &Stored, chunks: &[Vec<u8>]) -> anyhow::Result<T> {
    ensure!(
        chunks.len() == stored.chunks,
        "{} of {} chunks are there",
        chunks.len(),
        stored.chunks
    );
    let bytes = chunks.concat();
    if digest::hex(&bytes, 64) != stored.digest {
        bail!("its bytes do not match the digest in its header");
    }
    let json = {
        use std::io::Read as _;
        let mut json = Vec::new();
        let most = u64::try_from(MOST).unwrap_or(u64::MAX);
        zstd::Decoder::new(bytes.as_slice())
            .and_then(|decoder| decoder.take(most).read_to_end(&mut json))
            .context("cannot decompress it")?;
        json
    };
    serde_json::from_slice(&json).context("cannot read it as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that does not compress well, so that more than one chunk is needed.
    fn noise(bytes: usize) -> String {
        let mut state = 42_u64;
        (0..bytes)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                char::from(b' ' + u8::try_from((state >> 33) % 90).unwrap())
            })
            .collect()
    }

    #[test]
    fn a_part_of_several_chunks_comes_back_whole() {
        let text = noise(3_000_000);
        let (stored, chunks) = pack(&text).unwrap();
        assert!(stored.chunks > 1 && chunks.iter().all(|chunk| chunk.len() <= CHUNK));
        assert_eq!(unpack::<String>(&stored, &chunks).unwrap(), text);
    }

    #[test]
    fn a_missing_or_changed_chunk_is_noticed() {
        let (stored, mut chunks) = pack(&noise(2_000_000)).unwrap();
        assert!(
            unpack::<String>(&stored, &chunks[1..])
                .unwrap_err()
                .to_string()
                .contains("chunks are there")
        );
        chunks[0][10] ^= 1;
        assert!(
            unpack::<String>(&stored, &chunks)
                .unwrap_err()
                .to_string()
                .contains("digest")
        );
    }
}
