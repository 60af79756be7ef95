/**
 * What a Linux program asks of the system that is to run it, read from its dynamic section (64 bit, little-endian).
 *
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html
 * @see https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
 */
import { type FileHandle, open } from 'node:fs/promises';

export interface LoaderNeeds {
  /** File names of shared libraries, such as `libc.so.6`. */
  libraries: string[];
  /** Versions of their symbols, such as `GLIBC_2.28`. */
  versions: string[];
}

interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const DT_VERNEED = 0x6ffffffe;
const DT_VERNEEDNUM = 0x6fffffff;
/** Bytes; a table of needed versions is far smaller. */
const VERSIONS_LIMIT = 65_536;

/** @throws if the file is no such program, or is linked statically */
export async function loaderNeeds(path: string): Promise<LoaderNeeds> {
  const file = await open(path);
  try {
    const segments = await programHeaders(file);
    const entries = await dynamicEntries(file, segments);
    const [names = 0] = entries.get(DT_STRTAB) ?? [];
    const [namesSize = 0] = entries.get(DT_STRSZ) ?? [];
    const strings = await read(file, offsetOf(names, segments), namesSize);
    const nameAt = (at: number) => strings.toString('latin1', at, strings.indexOf(0, at));
    const [versions] = entries.get(DT_VERNEED) ?? [];
    const [count = 0] = entries.get(DT_VERNEEDNUM) ?? [];
    return {
      libraries: (entries.get(DT_NEEDED) ?? []).map(nameAt),
      versions:
        versions === undefined ? [] : await neededVersions(file, offsetOf(versions, segments), count, nameAt),
    };
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function programHeaders(file: FileHandle): Promise<Segment[]> {
  const header = await read(file, 0, 64);
  if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
    throw new Error('no ELF file of 64 bits in little-endian order');
  const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
  const table = await read(file, Number(header.readBigUInt64LE(32)), size * count);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    return {
      type: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 8)),
      address: Number(table.readBigUInt64LE(at + 16)),
      size: Number(table.readBigUInt64LE(at + 32)),
    };
  });
}

/** Values by tag; a tag may occur more than once. */
async function dynamicEntries(file: FileHandle, segments: Segment[]): Promise<Map<number, number[]>> {
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) throw new Error('a static program has no dynamic section');
  const table = await read(file, dynamic.offset, dynamic.size);
  const entries = new Map<number, number[]>();
  for (let at = 0; at < table.length; at += 16) {
    const tag = Number(table.readBigUInt64LE(at));
    if (tag === 0) break;
    entries.set(tag, [...(entries.get(tag) ?? []), Number(table.readBigUInt64LE(at + 8))]);
  }
  return entries;
}

/** Where in the file stands what is loaded at this address. */
function offsetOf(address: number, segments: Segment[]): number {
  const segment = segments.find(
    ({ type, address: start, size }) => type === PT_LOAD && address >= start && address < start + size,
  );
  if (!segment) throw new Error('an address outside of the file');
  return segment.offset + address - segment.address;
}

async function neededVersions(
  file: FileHandle,
  offset: number,
  libraries: number,
  nameAt: (at: number) => string,
): Promise<string[]> {
  const table = await read(file, offset, VERSIONS_LIMIT);
  const versions: string[] = [];
  for (let library = 0, at = 0; library < libraries; library++) {
    const symbols = table.readUInt16LE(at + 2);
    for (let symbol = 0, from = at + table.readUInt32LE(at + 8); symbol < symbols; symbol++) {
      versions.push(nameAt(table.readUInt32LE(from + 8)));
      from += table.readUInt32LE(from + 12);
    }
    at += table.readUInt32LE(at + 12);
  }
  return versions;
}
