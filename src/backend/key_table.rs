//! A table whose keys begin with small numbers, which are used again. The uv backend's sockets are in one, by the tokens of
//! their readiness. (The slots that JavaScript knows sockets by are in `src/bridge/sockets.rs`.)

/// A key. The generation keeps what was meant for a value that was removed from the next one in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Place in the table.
    pub index: u32,
    /// How often the place was used before.
    pub generation: u32,
}

impl Key {
    /// The key as one number.
    pub fn to_u64(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    /// The key that was made into `number`.
    pub fn from_u64(number: u64) -> Self {
        Key { index: number as u32, generation: (number >> 32) as u32 }
    }
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    value: Option<T>,
}

/// The table.
#[derive(Debug)]
pub struct KeyTable<T> {
    places: Vec<Place<T>>,
    /// Indexes of the places without a value.
    free: Vec<u32>,
}

impl<T> Default for KeyTable<T> {
    fn default() -> Self {
        KeyTable { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> KeyTable<T> {
    /// Adds `value`.
    pub fn insert(&mut self, value: T) -> Key {
        if let Some(index) = self.free.pop() {
            let place = &mut self.places[index as usize];
            place.value = Some(value);
            return Key { index, generation: place.generation };
        }
        let index = self.places.len() as u32;
        self.places.push(Place { generation: 0, value: Some(value) });
        Key { index, generation: 0 }
    }

    /// Takes out the value of `key`.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.places.get_mut(key.index as usize)?;
        if place.generation != key.generation {
            return None;
        }
        let value = place.value.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(value)
    }

    /// The value of `key`.
    pub fn get(&self, key: Key) -> Option<&T> {
        let place = self.places.get(key.index as usize)?;
        if place.generation == key.generation { place.value.as_ref() } else { None }
    }

    /// Takes out all values.
    pub fn drain(&mut self) -> Vec<T> {
        self.free.clear();
        self.places.drain(..).filter_map(|place| place.value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reaches_only_its_own_value() {
        let mut places = KeyTable::default();
        let first = places.insert('a');
        assert_eq!(places.remove(first), Some('a'));
        let second = places.insert('b');
        assert_eq!(second.index, first.index);
        assert_eq!(places.get(first), None);
        assert_eq!(places.remove(first), None);
        assert_eq!(places.get(Key::from_u64(second.to_u64())), Some(&'b'));
        assert_eq!(places.drain(), vec!['b']);
        assert_eq!(places.get(second), None);
    }
}
